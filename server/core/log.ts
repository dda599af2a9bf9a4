/**
 * The change log: a Redis Stream of dense sequences within an epoch (S6), and beside it a capped stream of last values
 * that is never sequenced (S8). Writers append through a script that reads the epoch; every node tails both.
 */
import type { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { Cursor } from '#wire'
import { must } from './must.ts'

const keys = { epoch: 'deskwatch:epoch', log: 'deskwatch:log', last: 'deskwatch:last' } as const

const idleReadMs = 200
/** A vanished epoch is noticed this soon when nothing is written. */
const epochLookMs = 1_000

/** Appends only within a known epoch: an emptied Redis refuses until the next epoch is opened. */
const appendScript = `
local epoch = redis.call('HGET', KEYS[1], 'e')
if not epoch then return redis.error_reply('NOEPOCH') end
return redis.call('XADD', KEYS[2], epoch .. '-*', 'd', ARGV[1])`

/** Opens the next epoch when this Redis is another process than the epoch's, or knows none; the marker is entry 0. */
const openScript = `
local epoch = redis.call('HGET', KEYS[1], 'e')
if epoch and redis.call('HGET', KEYS[1], 'run') == ARGV[1] and tonumber(epoch) >= tonumber(ARGV[3]) then return epoch end
local following = math.max(tonumber(ARGV[2]), tonumber(ARGV[3]) + 1)
if epoch then following = math.max(following, tonumber(epoch) + 1) end
local id = string.format('%.0f', following)
redis.call('HSET', KEYS[1], 'e', id, 'run', ARGV[1])
redis.call('XADD', KEYS[2], id .. '-0', 'd', '')
return id`

export interface LogEntry {
  e: number
  s: number
  /** Encoded payload; empty for the marker that opens an epoch. */
  data: string
}

export interface LogReader {
  /** Entries in log order; resolves when they are taken. */
  entries: (entries: LogEntry[]) => void
  /** Last values, in any order. */
  lastValues: (data: string[]) => void
  /** A read that was sent at `sentAt` (monotonic) was answered: everything appended before it is known now. */
  read: (sentAt: number) => void
  /** An epoch began or entries are missing: take the position, reload, then go on. */
  lost: (why: string) => Promise<void>
}

export class ChangeLog {
  readonly #write: Redis
  readonly #read: Redis
  readonly #logger: Logger
  #position: Cursor = { e: 0, s: 0 }
  #lastId = '0-0'
  #stopped = false
  /** The connection broke: until the epoch was looked at, this may be another Redis, or an earlier state of it. */
  #doubtful = false
  #lookedAt = 0

  constructor(write: Redis, read: Redis, logger: Logger) {
    this.#write = write
    this.#read = read
    read.on('close', () => (this.#doubtful = true))
    this.#logger = logger
  }

  /** Last entry taken by this node. */
  get position(): Cursor {
    return this.#position
  }

  /** Appends one encoded entry; throws when the outcome is not known to be success. */
  async append(data: string): Promise<void> {
    try {
      await this.#write.eval(appendScript, 2, keys.epoch, keys.log, data)
    } catch (error) {
      if (!(error instanceof Error) || !error.message.includes('NOEPOCH')) throw error
      await this.open()
      await this.#write.eval(appendScript, 2, keys.epoch, keys.log, data)
    }
  }

  async appendLast(data: string): Promise<void> {
    await this.#write.xadd(keys.last, 'MAXLEN', '~', 2000, '*', 'd', data)
  }

  /** Makes sure that the epoch belongs to this run of Redis and is not behind what this node has seen. */
  async open(): Promise<number> {
    const info = await this.#write.info('server')
    const run = must(/run_id:(\w+)/.exec(info)?.[1], 'redis tells its run_id')
    const epoch = await this.#write.eval(
      openScript,
      2,
      keys.epoch,
      keys.log,
      run,
      String(Date.now()),
      String(this.#position.e),
    )
    return Number(epoch)
  }

  /** Takes the end of the log as this node's position, before the views are loaded. */
  async takePosition(): Promise<Cursor> {
    await this.open()
    const [last] = await this.#write.xrevrange(keys.log, '+', '-', 'COUNT', 1)
    const [lastValue] = await this.#write.xrevrange(keys.last, '+', '-', 'COUNT', 1)
    this.#lastId = lastValue?.[0] ?? '0-0'
    this.#position = parseId(must(last, 'an open log has at least its marker')[0])
    return this.#position
  }

  /** What is still kept, oldest first, up to the position: lets a new node answer old cursors with deltas. */
  async *kept(): AsyncGenerator<LogEntry[]> {
    const end = `${this.#position.e}-${this.#position.s}`
    let from = `${this.#position.e}-0`
    for (;;) {
      const part = await this.#write.xrange(keys.log, from, end, 'COUNT', 500)
      if (part.length === 0) return
      yield part.map(toEntry)
      from = `(${must(part.at(-1), 'the part is not empty')[0]}`
    }
  }

  /** Reads until stopped; short blocking reads, so that an idle node knows that nothing is missing (S13). */
  async tail(reader: LogReader): Promise<void> {
    while (!this.#stopped) {
      const sentAt = performance.now()
      try {
        if (this.#doubtful) await this.#afterFailure(reader)
        const position = `${this.#position.e}-${this.#position.s}`
        const answer = await this.#read.xread(
          'COUNT',
          500,
          'BLOCK',
          idleReadMs,
          'STREAMS',
          keys.log,
          keys.last,
          position,
          this.#lastId,
        )
        if (answer) await this.#take(answer, reader)
        else await this.#lookAtEpoch(reader, sentAt)
        reader.read(sentAt)
      } catch (error) {
        if (this.#stopped) return
        this.#logger.debug({ err: error }, 'reading the change log failed, trying on')
        this.#doubtful = true
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
  }

  stop(): void {
    this.#stopped = true
    this.#read.disconnect()
  }

  /** Forgets entries older than the given id. Returns how many are kept. */
  async trim(oldest: Cursor): Promise<number> {
    await this.#write.xtrim(keys.log, 'MINID', `${oldest.e}-${oldest.s}`)
    return this.#write.xlen(keys.log)
  }

  /** Bytes the log takes in Redis. */
  async bytes(): Promise<number> {
    return (await this.#write.memory('USAGE', keys.log)) ?? 0
  }

  async #take(answer: [string, [string, string[]][]][], reader: LogReader): Promise<void> {
    for (const [stream, parts] of answer) {
      if (stream === keys.last) {
        this.#lastId = must(parts.at(-1), 'a stream in the answer has entries')[0]
        reader.lastValues(parts.map((part) => must(part[1][1], 'entries have one field')))
        continue
      }
      await this.#takeEntries(parts.map(toEntry), reader)
    }
  }

  async #takeEntries(entries: LogEntry[], reader: LogReader): Promise<void> {
    const dense: LogEntry[] = []
    for (const entry of entries) {
      const { e, s } = this.#position
      if (entry.e !== e || entry.s !== s + 1) {
        reader.entries(dense)
        await this.#lose(`expected ${e}-${s + 1}, got ${entry.e}-${entry.s}`, reader)
        return
      }
      this.#position = { e: entry.e, s: entry.s }
      dense.push(entry)
    }
    reader.entries(dense)
  }

  async #lookAtEpoch(reader: LogReader, now: number): Promise<void> {
    if (now - this.#lookedAt < epochLookMs) return
    this.#lookedAt = now
    const epoch = await this.#write.hget(keys.epoch, 'e')
    if (epoch !== null && Number(epoch) === this.#position.e) return
    await this.#lose(`epoch ${this.#position.e} is now ${epoch ?? 'missing'}`, reader)
  }

  /** After a lost connection Redis may be another process, empty, or an older state of itself. */
  async #afterFailure(reader: LogReader): Promise<void> {
    const epoch = await this.open()
    if (epoch !== this.#position.e) await this.#lose(`epoch ${this.#position.e} is now ${epoch}`, reader)
    this.#doubtful = false
  }

  async #lose(why: string, reader: LogReader): Promise<void> {
    this.#logger.warn({ why }, 'the change log was lost: taking its position and reloading')
    await this.takePosition()
    await reader.lost(why)
  }
}

function toEntry([id, fields]: [string, string[]]): LogEntry {
  return { ...parseId(id), data: must(fields[1], 'entries have one field') }
}

function parseId(id: string): Cursor {
  const [e, s] = id.split('-')
  return { e: Number(e), s: Number(s) }
}
