/**
 * The websocket under Socket.IO. A text is framed, and deflated when large, once for however many it goes to, and is one
 * write of one buffer to each. No socket keeps a zlib context, which would cost 300 KB and four times the CPU.
 */
import { constants, deflateRawSync } from 'node:zlib'
import { WebSocket, WebSocketServer, type ServerOptions } from 'ws'

/** Bytes from which deflating saves more than it costs. */
const worthDeflating = 1_024
const emptyBlock = 4

/** A text message as it goes over the wire, to any number of sockets. */
export class PreparedMessage {
  readonly plain: Buffer
  readonly #payload: Buffer
  #deflated: Buffer | null = null

  constructor(text: string) {
    this.#payload = Buffer.from(text)
    this.plain = framed(this.#payload, false)
  }

  /** Made when the first asks; null when it is too small to gain. */
  get deflated(): Buffer | null {
    if (this.#payload.length < worthDeflating) return null
    return (this.#deflated ??= framed(deflated(this.#payload), true))
  }
}

/** What ws keeps to itself and engine.io uses as well: writes a finished frame after all that was sent before. */
interface Sender {
  sendFrame?: (parts: Buffer[], done?: (error?: Error) => void) => void
}

export class ConsoleWebSocket extends WebSocket {
  #negotiated: boolean | null = null

  /** False: this version of ws works otherwise, the message has to go the ordinary way. */
  sendPrepared(message: PreparedMessage, done?: (error?: Error) => void): boolean {
    const { _sender: sender } = this as unknown as { _sender?: Sender }
    if (this.readyState !== WebSocket.OPEN || typeof sender?.sendFrame !== 'function') return false
    sender.sendFrame([(this.#takesDeflated && message.deflated) || message.plain], done)
    return true
  }

  override send(data: Parameters<WebSocket['send']>[0], ...rest: unknown[]): void {
    const done = rest.find((part) => typeof part === 'function') as ((error?: Error) => void) | undefined
    if (typeof data === 'string' && this.sendPrepared(new PreparedMessage(data), done)) return
    super.send(data, done)
  }

  /** Settled when the socket opens. */
  get #takesDeflated(): boolean {
    return (this.#negotiated ??= this.extensions === 'permessage-deflate')
  }
}

/** For `wsEngine` of Socket.IO's server. */
export class ConsoleWebSocketServer extends WebSocketServer<typeof ConsoleWebSocket> {
  constructor(options: ServerOptions<typeof ConsoleWebSocket>) {
    super({ ...options, WebSocket: ConsoleWebSocket })
  }
}

/**
 * Every message starts afresh, so that one deflated frame fits all. `threshold` keeps ws from deflating by itself; the
 * small window bounds what a browser that deflates its own messages costs us.
 */
export const negotiatedDeflate = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  serverMaxWindowBits: false as unknown as number,
  clientMaxWindowBits: 10,
  threshold: Number.MAX_SAFE_INTEGER,
}

function deflated(payload: Buffer): Buffer {
  const whole = deflateRawSync(payload, { level: 3, finishFlush: constants.Z_SYNC_FLUSH })
  return whole.subarray(0, whole.length - emptyBlock)
}

/** One final, unmasked text frame (RFC 6455, 5.2); the first reserved bit says deflated (RFC 7692). */
function framed(payload: Buffer, isDeflated: boolean): Buffer {
  const { length } = payload
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(head + length)
  frame[0] = isDeflated ? 0xc1 : 0x81
  frame[1] = length < 126 ? length : length < 65_536 ? 126 : 127
  if (head === 4) frame.writeUInt16BE(length, 2)
  if (head === 10) frame.writeBigUInt64BE(BigInt(length), 2)
  payload.copy(frame, head)
  return frame
}
