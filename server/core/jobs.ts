/**
 * The door to Bull: slow work goes to worker processes by name. MongoDB holds the truth; a payload names only what to
 * look at, a job's id makes handing it over twice harmless, and a worker that dies is noticed within seconds.
 */
import Bull, { type Queue } from 'bull'
import { Redis } from 'ioredis'
import * as z from 'zod/mini'

/** Every kind of job with the shape of its payload: validated when handed over and again by the worker. */
export const jobKinds = {
  'alarms.retention': z.strictObject({ day: z.string().check(z.regex(/^\d{4}-\d{2}-\d{2}$/)) }),
  'resources.retention': z.strictObject({ day: z.string().check(z.regex(/^\d{4}-\d{2}-\d{2}$/)) }),
} as const
export type JobKind = keyof typeof jobKinds
export type JobPayload<K extends JobKind> = z.infer<(typeof jobKinds)[K]>

/** Connects when the first job is handed over. */
export interface Jobs {
  /** The same id again is the same job. */
  hand: <K extends JobKind>(kind: K, id: string, payload: JobPayload<K>) => Promise<void>
  close: () => Promise<void>
}

/** With Bull's defaults a dead worker is noticed after a minute; with these after six seconds. */
const settings = { lockDuration: 8_000, lockRenewTime: 3_000, stalledInterval: 3_000, maxStalledCount: 3 }

export function openQueue(redisUrl: string): Queue {
  return new Bull('deskwatch', {
    settings,
    createClient: () => new Redis(redisUrl, { maxRetriesPerRequest: null, enableReadyCheck: false }),
  })
}

export function openJobs(redisUrl: string): Jobs {
  let opened: Queue | undefined
  return {
    async hand(kind, id, payload) {
      const queue = (opened ??= openQueue(redisUrl))
      const options = { jobId: `${kind}:${id}`, attempts: 3, backoff: 30_000, removeOnComplete: 100, removeOnFail: 100 }
      await queue.add(kind, jobKinds[kind].parse(payload), options)
    },
    close: async () => opened?.close(),
  }
}
