/**
 * A websocket client on a bare TCP socket: it costs a few microseconds a message, so that hundreds of them measure the
 * server and not the load generator. Messages that every client gets alike are decoded once.
 */
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { inflateRawSync } from 'node:zlib'

export type OnText = (payload: Buffer, deflated: boolean, at: number) => void

const tail = Buffer.from([0x00, 0x00, 0xff, 0xff])

export function textOf(payload: Buffer, deflated: boolean): string {
  if (!deflated) return payload.toString('utf8')
  return inflateRawSync(Buffer.concat([payload, tail]), { finishFlush: 2 }).toString('utf8')
}

export class ThinSocket {
  readonly #socket: Socket
  readonly #onText: OnText
  readonly #onClose: () => void
  #rest: Buffer | null = null
  #upgraded = false

  constructor(url: URL, headers: Record<string, string>, onText: OnText, onClose: () => void) {
    this.#onText = onText
    this.#onClose = onClose
    this.#socket = connect(Number(url.port), url.hostname)
    this.#socket.setNoDelay(true)
    const lines = {
      Host: url.host,
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      'Sec-WebSocket-Extensions':
        'permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits',
      ...headers,
    }
    const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`)
    this.#socket.write(`GET ${url.pathname}${url.search} HTTP/1.1\r\n${head.join('')}\r\n`)
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk))
    this.#socket.on('error', () => this.#socket.destroy())
    this.#socket.on('close', () => this.#onClose())
  }

  get bytesRead(): number {
    return this.#socket.bytesRead
  }

  send(text: string): void {
    const payload = Buffer.from(text)
    const mask = randomBytes(4)
    const head =
      payload.length < 126
        ? Buffer.from([0x81, 0x80 | payload.length])
        : Buffer.from([0x81, 0xfe, payload.length >> 8, payload.length & 255])
    for (let i = 0; i < payload.length; i++) payload[i] = (payload[i] ?? 0) ^ (mask[i & 3] ?? 0)
    this.#socket.write(Buffer.concat([head, mask, payload]))
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    let data = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk
    this.#rest = null
    if (!this.#upgraded) {
      const end = data.indexOf('\r\n\r\n')
      if (end < 0) {
        this.#rest = data
        return
      }
      if (!data.subarray(0, 12).toString().includes('101'))
        throw new Error(`refused: ${data.subarray(0, 200).toString()}`)
      this.#upgraded = true
      data = data.subarray(end + 4)
    }
    this.#takeFrames(data)
  }

  #takeFrames(data: Buffer): void {
    const at = Number(process.hrtime.bigint() / 1000n)
    let from = 0
    while (data.length - from >= 2) {
      const first = data[from] ?? 0
      let length = (data[from + 1] ?? 0) & 127
      let head = 2
      if (length === 126) {
        if (data.length - from < 4) break
        length = data.readUInt16BE(from + 2)
        head = 4
      } else if (length === 127) {
        if (data.length - from < 10) break
        length = Number(data.readBigUInt64BE(from + 2))
        head = 10
      }
      if (data.length - from < head + length) break
      const payload = data.subarray(from + head, from + head + length)
      if ((first & 15) === 1) this.#onText(payload, (first & 0x40) !== 0, at)
      from += head + length
    }
    if (from < data.length) this.#rest = Buffer.from(data.subarray(from))
  }
}
