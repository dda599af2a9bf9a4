/** Preloaded into a measured process: tells its parent what it has used so far. */
import { answerParent } from './messages.ts'

export interface Usage {
  /** User and system time of all threads since the start. */
  cpuMs: number
  rssKb: number
}

answerParent({
  usage(): Usage {
    const { user, system } = process.cpuUsage()
    return { cpuMs: (user + system) / 1000, rssKb: process.memoryUsage.rss() / 1024 }
  },
  collect(): void {
    globalThis.gc?.()
    globalThis.gc?.()
  },
})
// Being asked is no reason to stay alive.
process.channel?.unref()
