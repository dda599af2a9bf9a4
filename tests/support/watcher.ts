/** A console without a screen: a socket and the client's own view of one room, kept current for ever. */
import { io, type Socket } from 'socket.io-client'
import {
  PROTOCOL,
  type ClientToServer,
  type PageAnswer,
  type ServerToClient,
  type SocketRefusal,
  type SubAnswer,
} from '#wire'
import { ClientView } from '../../src/lib/sync/client-view.ts'

export class Watcher<T> {
  readonly view = new ClientView<T>({ now: () => Date.now() })
  readonly #socket: Socket<ServerToClient, ClientToServer>
  readonly #name: string
  #asking = false
  /** How often it had to ask again, and how often it got a whole snapshot. */
  asks = 0
  snapshots = 0

  constructor(url: string, cookie: string, name: string) {
    this.#name = name
    this.#socket = io(url, {
      transports: ['websocket'],
      extraHeaders: { cookie },
      auth: { protocol: PROTOCOL, surface: 'desk' },
      reconnectionDelay: 100,
      reconnectionDelayMax: 1_000,
      timeout: 5_000,
    })
    this.#socket.on('connect', () => void this.#ask())
    this.#socket.on('disconnect', (reason) => {
      this.view.disconnected()
      if (reason === 'io server disconnect') this.#socket.connect()
    })
    // Refused by name (a node that drains): the socket does not come back by itself.
    this.#socket.on('connect_error', () => {
      if (!this.#socket.active) setTimeout(() => this.#socket.connect(), 200)
    })
    this.#socket.on('f', (frame) => {
      if (this.view.frame(frame).outcome === 'gap') void this.#ask()
    })
    this.#socket.on('hb', (heartbeat) => {
      if (this.view.heartbeat(heartbeat) === 'gap') void this.#ask()
    })
  }

  close(): void {
    this.#socket.off('connect_error')
    this.#socket.disconnect()
  }

  async #ask(): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    try {
      while (this.#socket.connected && !(await this.#askOnce()))
        await new Promise((resolve) => setTimeout(resolve, 100))
    } finally {
      this.#asking = false
    }
  }

  async #askOnce(): Promise<boolean> {
    this.asks++
    const request = { view: this.#name, cursor: this.view.cursor }
    const answer = await this.#emit<SubAnswer>('sub', request)
    if (!answer) return false
    if (answer.kind === 'snapshot') this.snapshots++
    if (this.view.answer(answer).outcome === 'gap') return false
    return this.#pages()
  }

  async #pages(): Promise<boolean> {
    for (let page = this.view.nextPage; page; page = this.view.nextPage) {
      const answer = await this.#emit<PageAnswer>('page', { view: this.#name, ...page })
      if (!answer) {
        this.view.abandon()
        return false
      }
      this.view.page(page.cut, page.page, answer)
    }
    return true
  }

  async #emit<A extends object>(event: 'sub' | 'page', request: object): Promise<A | null> {
    for (let attempt = 0; attempt < 5; attempt++) {
      try {
        // The two events answer either their own shape or a refusal.
        const answer = (await this.#socket.timeout(8_000).emitWithAck(event, request)) as unknown as A | SocketRefusal
        if (!('code' in answer)) return answer
        if (event === 'page' && answer.code !== 'rate.limited') return null
        await new Promise((resolve) => setTimeout(resolve, answer.wait ?? 200))
        if (event === 'sub') return null
      } catch {
        // No answer in time: the connection is gone or the node is busy.
        return null
      }
    }
    return null
  }
}
