/** Clocks of the house: each ticks on one node only, the one that owns it (leases.ts). */
import type { Core } from './core.ts'
import type { ScheduleDef } from './feature.ts'

export interface Schedules {
  stop: () => Promise<void>
}

export function startSchedules(core: Core, schedules: readonly ScheduleDef[]): Schedules {
  let stopped = false
  const running = new Set<Promise<void>>()
  const timers = new Map<string, NodeJS.Timeout>()
  const plan = (schedule: ScheduleDef, wait: number) => {
    if (stopped) return
    timers.set(
      schedule.name,
      setTimeout(() => {
        const run = tick(core, schedule).finally(() => {
          running.delete(run)
          plan(schedule, schedule.everyMs)
        })
        running.add(run)
      }, wait),
    )
  }
  for (const schedule of schedules) plan(schedule, Math.min(schedule.everyMs, 1_000))
  return {
    async stop() {
      stopped = true
      for (const timer of timers.values()) clearTimeout(timer)
      await Promise.all(running)
    },
  }
}

async function tick(core: Core, schedule: ScheduleDef): Promise<void> {
  try {
    if (await core.leases.owns(schedule.name)) await schedule.tick(core)
  } catch (error) {
    core.logger.warn(
      { err: error, schedule: schedule.name },
      'a clock could not do its work, the next tick tries again',
    )
  }
}
