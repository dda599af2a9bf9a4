/** The log of the running attempt: lines gathered, stored in chunks of one size, bounded. */
import type { Db } from 'mongodb'
import type { Logger } from 'pino'
import { chunkBytes, mostLogBytes, writeChunk } from '../server/features/work-orders/jobs.ts'

const truncatedNote = '… the log is cut here: it reached its limit\n'

export class OrderLog {
  readonly #parts: { db: Db; logger: Logger; order: string; attempt: number }
  #current = Buffer.alloc(0)
  #full: { n: number; data: Buffer }[] = []
  #chunks = 0
  #bytes = 0
  #truncated = false
  #dirty = false
  #writing: Promise<void> = Promise.resolve()

  constructor(parts: { db: Db; logger: Logger; order: string; attempt: number }) {
    this.#parts = parts
  }

  get bytes(): number {
    return this.#bytes
  }

  get standing() {
    const chunks = this.#chunks + (this.#current.length ? 1 : 0)
    return { attempt: this.#parts.attempt, chunks, bytes: this.#bytes, truncated: this.#truncated }
  }

  line(text: string): void {
    if (this.#truncated) return
    const line = `${new Date().toISOString().slice(11, 23)} ${text.replaceAll('\0', '').slice(0, 4_000)}\n`
    this.#truncated = this.#bytes + Buffer.byteLength(line) > mostLogBytes
    const bytes = Buffer.from(this.#truncated ? truncatedNote : line)
    this.#bytes += bytes.length
    this.#dirty = true
    this.#current = Buffer.concat([this.#current, bytes])
    while (this.#current.length >= chunkBytes) {
      this.#full.push({ n: this.#chunks++, data: this.#current.subarray(0, chunkBytes) })
      this.#current = this.#current.subarray(chunkBytes)
    }
  }

  /** Stores what came since; a log that cannot be stored now is tried again with the next. */
  async flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#flush())
    await this.#writing
  }

  async #flush(): Promise<void> {
    if (!this.#dirty) return
    const { db, logger, order, attempt } = this.#parts
    try {
      for (let chunk = this.#full[0]; chunk; chunk = this.#full[0]) {
        await writeChunk(db, order, attempt, chunk.n, chunk.data)
        this.#full.shift()
      }
      const [n, data] = [this.#chunks, this.#current]
      this.#dirty = false
      if (data.length) await writeChunk(db, order, attempt, n, data)
    } catch (error) {
      this.#dirty = true
      logger.debug({ err: error, order }, 'a part of a log waits')
    }
  }
}
