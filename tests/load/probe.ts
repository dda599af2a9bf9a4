/** Preloaded into a measured process: tells its parent what it has used so far. */
import { answerParent } from './messages.ts'

export interface Usage {
  /** User and system time of all threads since the start. */
  cpuMs: number
  rssKb: number
  /** Heap in use and what hangs on it outside; without garbage after `collect`. */
  usedKb: number
}

answerParent({
  usage(): Usage {
    const { user, system } = process.cpuUsage()
    const { rss, heapUsed, external } = process.memoryUsage()
    return { cpuMs: (user + system) / 1000, rssKb: rss / 1024, usedKb: (heapUsed + external) / 1024 }
  },
  collect(): void {
    globalThis.gc?.()
    globalThis.gc?.()
  },
})
// Being asked is no reason to stay alive.
process.channel?.unref()
