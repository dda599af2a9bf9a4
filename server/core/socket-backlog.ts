/** How much a socket has been given and has not written to the network yet. */
import type { Socket } from 'socket.io'

/** The parts of engine.io's connection that its types keep private; absent fields count as nothing unsent. */
interface Connection {
  writeBuffer?: { data?: unknown }[]
  transport?: { socket?: { _socket?: { writableLength?: number } } }
}

/** Engine.io queues packets while its transport is busy; below it the websocket's TCP socket buffers bytes. */
export function unsentBytes(socket: Pick<Socket, 'conn'>): number {
  const connection = socket.conn as unknown as Connection
  const queued = (connection.writeBuffer ?? []).reduce((sum, packet) => sum + sizeOf(packet.data), 0)
  return queued + (connection.transport?.socket?._socket?.writableLength ?? 0)
}

function sizeOf(data: unknown): number {
  if (typeof data === 'string') return data.length
  return Buffer.isBuffer(data) ? data.byteLength : 0
}
