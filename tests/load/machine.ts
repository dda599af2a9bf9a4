/** How much of the machine others are using: figures taken on a busy one say little about latency. */
import { cpus } from 'node:os'

/** Share of all cores that is busy over the given time, 0 to 1. The bench itself must be idle meanwhile. */
export async function busyShare(ms = 1_000): Promise<number> {
  const before = times()
  await new Promise((resolve) => setTimeout(resolve, ms))
  const after = times()
  const all = after.all - before.all
  return all === 0 ? 0 : 1 - (after.idle - before.idle) / all
}

const quietBelow = 0.3

/** Waits for others to be done; answers how busy they still were. */
export async function waitForQuiet(deadlineMs: number): Promise<number> {
  const end = performance.now() + deadlineMs
  for (;;) {
    const busy = await busyShare()
    if (busy < quietBelow || performance.now() > end) return busy
  }
}

function times(): { idle: number; all: number } {
  let idle = 0
  let all = 0
  for (const { times } of cpus()) {
    idle += times.idle
    all += times.user + times.nice + times.sys + times.idle + times.irq
  }
  return { idle, all }
}
