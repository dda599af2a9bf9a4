/**
 * The door to Bull: slow work goes to worker processes by name. MongoDB holds the truth; a payload names only what to
 * look at, a job's id makes handing it over twice harmless, and a worker that dies is noticed within seconds.
 */
import Bull, { type JobOptions, type Queue } from 'bull'
import { Redis } from 'ioredis'
import type { Logger } from 'pino'
import * as z from 'zod/mini'

const Day = z.strictObject({ day: z.string().check(z.regex(/^\d{4}-\d{2}-\d{2}$/)) })

/** Every kind of job with the shape of its payload: validated when handed over and again by the worker. */
export const jobKinds = {
  /** An attempt of a work order; everything else about it is in the database. */
  order: z.strictObject({ order: z.string().check(z.maxLength(200)), attempt: z.int() }),
  'alarms.retention': Day,
  'work-orders.retention': Day,
  'resources.retention': Day,
} as const
export type JobKind = keyof typeof jobKinds
export type JobPayload<K extends JobKind> = z.infer<(typeof jobKinds)[K]>

/** Connects when the first job is handed over. */
export interface Jobs {
  /** The same id again is the same job; throws when Redis does not answer in time. */
  hand: <K extends JobKind>(kind: K, id: string, payload: JobPayload<K>) => Promise<void>
  /** It waits for a worker or one has it. */
  holds: (kind: JobKind, id: string) => Promise<boolean>
  /** For the page that shows it. */
  queue: () => Queue
  close: () => Promise<void>
}

/** With Bull's defaults a dead worker is noticed after a minute; with these after six seconds. */
const settings = { lockDuration: 8_000, lockRenewTime: 3_000, stalledInterval: 3_000, maxStalledCount: 3 }
/** An order's next attempt is the product's decision, never Bull's. */
const once: JobOptions = { attempts: 1, removeOnComplete: true, removeOnFail: true }
const repeated: JobOptions = { attempts: 3, backoff: 30_000, removeOnComplete: 100, removeOnFail: 100 }
const patienceMs = 3_000

export function openQueue(redisUrl: string): Queue {
  return new Bull('deskwatch', {
    settings,
    createClient: () => new Redis(redisUrl, { maxRetriesPerRequest: null, enableReadyCheck: false }),
  })
}

export function openJobs(redisUrl: string, logger: Logger): Jobs {
  let opened: Queue | undefined
  const queue = () => {
    if (!opened) {
      opened = openQueue(redisUrl)
      opened.on('error', (error) => logger.debug({ err: error.message }, 'the queue is not reachable, trying on'))
    }
    return opened
  }
  return {
    queue,
    async hand(kind, id, payload) {
      const options = { jobId: `${kind}:${id}`, ...(kind === 'order' ? once : repeated) }
      await inTime(queue().add(kind, jobKinds[kind].parse(payload), options))
    },
    async holds(kind, id) {
      const job = await inTime(queue().getJob(`${kind}:${id}`))
      return job !== null && !['completed', 'failed', 'stuck'].includes(await inTime(job.getState()))
    },
    close: async () => opened?.close(),
  }
}

/** Bull waits for Redis for ever; a clock must not. What comes through later is the same job. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the queue did not answer within ${patienceMs} ms`)), patienceMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
