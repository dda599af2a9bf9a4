/** A wire between a program and its store that can be cut at a chosen moment: after the request, before the answer. */
import { connect, createServer, type Server, type Socket } from 'node:net'

export class TcpProxy {
  readonly port: number
  /** How many answers were withheld. */
  cuts = 0
  readonly #server: Server
  readonly #open = new Set<Socket>()
  #cutting: { matches: (request: Buffer) => boolean; times: number } | null = null

  private constructor(server: Server, port: number) {
    this.#server = server
    this.port = port
  }

  static async to(target: number): Promise<TcpProxy> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (typeof address !== 'object' || address === null) throw new Error('the proxy has no address')
    const proxy = new TcpProxy(server, address.port)
    server.on('connection', (client) => proxy.#carry(client, target))
    return proxy
  }

  /** The next requests that match reach the store, which does its work; then the connection breaks. */
  loseAnswers(matches: (request: Buffer) => boolean, times = 1): void {
    this.#cutting = { matches, times }
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #carry(client: Socket, target: number): void {
    const store = connect(target, '127.0.0.1')
    let doomed = false
    const end = () => {
      client.destroy()
      store.destroy()
    }
    for (const socket of [client, store]) {
      this.#open.add(socket)
      socket.on('error', end)
      socket.on('close', () => {
        this.#open.delete(socket)
        end()
      })
    }
    client.on('data', (request) => {
      if (this.#cutting && this.#cutting.times > 0 && this.#cutting.matches(request)) {
        this.#cutting.times--
        doomed = true
      }
      store.write(request)
    })
    store.on('data', (answer) => {
      if (!doomed) return void client.write(answer)
      this.cuts++
      end()
    })
  }
}
