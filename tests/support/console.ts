/** A console without a screen: one socket that follows the alarm list and notices when anything befalls it. */
import { io, type Socket } from 'socket.io-client'
import { PROTOCOL, type Frame, type SubAnswer } from '#wire'
import { must } from '../../server/core/must.ts'
import type { Client } from './client.ts'

export class WatchingConsole {
  readonly socket: Socket
  /** Everything that was said to it other than frames and heartbeats. */
  readonly events: string[] = []
  /** Rows by desktop or host, the newest version. */
  readonly rows = new Map<string, { v: number; row: unknown }>()

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('f', (frame: Frame) => this.#take(frame.d))
    for (const event of ['disconnect', 'bye', 'revoke']) socket.on(event, () => this.events.push(event))
  }

  static async open(url: string, client: Client, view = 'alarms'): Promise<WatchingConsole> {
    const socket = connectConsole(url, client)
    const console = new WatchingConsole(socket)
    await connected(socket)
    const answer: SubAnswer = await socket.timeout(5_000).emitWithAck('sub', { view, cursor: null })
    console.#take(answer.rows)
    return console
  }

  /** Something of that place is on this console. */
  shows(place: string): boolean {
    return [...this.rows.values()].some(({ row }) => JSON.stringify(row).includes(`"${place}"`))
  }

  close(): void {
    this.socket.removeAllListeners()
    this.socket.close()
  }

  #take(rows: Frame['d']): void {
    for (const [id, v, row] of rows) if ((this.rows.get(id)?.v ?? 0) < v) this.rows.set(id, { v, row })
  }
}

export const connectConsole = (
  url: string,
  client: Client,
  auth: object = { protocol: PROTOCOL, surface: 'desk' },
): Socket =>
  io(url, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    auth,
    extraHeaders: client.cookie ? { Cookie: must(client.cookie, 'signed in') } : {},
  })

export const connected = (socket: Socket): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('connect', () => resolve())
    socket.once('connect_error', reject)
  })
