/**
 * Messages for many sockets of this node, encoded once. Socket.IO's own emit walks every socket through its packet
 * queues; here the finished frame is written straight to sockets that have nothing queued, and only the others go the
 * ordinary way. Order is kept: with an empty queue, all that was sent before is with the websocket already.
 */
import type { Server, Socket } from 'socket.io'
import { ConsoleWebSocket, PreparedMessage } from './console-websocket.ts'

/** An event for sockets of the default namespace. */
export class Message {
  readonly packet: string
  readonly prepared: PreparedMessage

  constructor(packet: string) {
    this.packet = packet
    // Engine.IO's type for a message stands before Socket.IO's packet.
    this.prepared = new PreparedMessage(`4${packet}`)
  }
}

/** Socket.IO's type for an event, then its name and argument. */
export const packetOf = (event: string, payload: object) => `2${JSON.stringify([event, payload])}`

/** To everybody in a room. */
export function broadcaster(io: Pick<Server, 'of'>) {
  const { adapter, sockets } = io.of('/')
  return (room: string, event: 'f' | 'w', payload: object): void => {
    const ids = adapter.rooms.get(room)
    if (!ids) return
    const message = new Message(packetOf(event, payload))
    for (const id of ids) {
      const socket = sockets.get(id)
      if (socket) deliver(socket, message)
    }
  }
}

export function deliver({ conn }: Pick<Socket, 'conn'>, { packet, prepared }: Message): void {
  const websocket = idleWebsocket(conn)
  if (!websocket?.sendPrepared(prepared)) conn.write(packet)
}

/** The parts of engine.io's connection that its types keep private. */
interface Connection {
  readyState?: string
  upgrading?: boolean
  writeBuffer?: unknown[]
  transport?: { socket?: unknown }
}

/** null: something is queued, or the transport is not a websocket of ours. */
function idleWebsocket(conn: unknown): ConsoleWebSocket | null {
  const { readyState, upgrading, writeBuffer, transport } = conn as Connection
  if (readyState !== 'open' || upgrading || writeBuffer?.length !== 0) return null
  return transport?.socket instanceof ConsoleWebSocket ? transport.socket : null
}
