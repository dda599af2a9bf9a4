/** Keeps the change log within its time and size (S6): one node looks every half minute and forgets what is older. */
import type { Cursor } from '#wire'
import type { Config } from './config.ts'
import type { ScheduleDef } from './feature.ts'
import type { ChangeLog } from './log.ts'

const everyMs = 30_000

export function logTrim(log: ChangeLog, config: Pick<Config, 'LOG_KEEP_MINUTES' | 'LOG_KEEP_MB'>): ScheduleDef {
  /** Where the log stood at each look. */
  let marks: { at: number; position: Cursor }[] = []
  return {
    name: 'log-trim',
    everyMs,
    async tick({ clock, logger }) {
      const now = clock.monotonic()
      marks.push({ at: now, position: { ...log.position } })
      const tooMuch = (await log.bytes()) > config.LOG_KEEP_MB * 1024 * 1024
      const cut = tooMuch
        ? Math.ceil(marks.length / 2)
        : marks.findIndex(({ at }) => at > now - config.LOG_KEEP_MINUTES * 60_000)
      if (cut <= 0) return
      const oldest = marks[cut - 1]
      if (!oldest) return
      marks = marks.slice(cut)
      const kept = await log.trim(oldest.position)
      if (tooMuch)
        logger.warn({ kept }, 'the change log was larger than allowed: long-absent clients will need a snapshot')
    },
  }
}
