/** Readings of the machine this runs on as a host of desktops. What cannot be measured is left out: unknown is not zero. */
import type { HostReadings } from '#contract/resources'
import { readMemory, readProc } from './machine.ts'

interface Ticks {
  idle: number
  steal: number
  total: number
}

const percent = (part: number, whole: number) => Math.round(Math.min(100, Math.max(0, (part / whole) * 100)) * 10) / 10

export class HostSampler {
  #before: Ticks | null = null

  async read(): Promise<HostReadings> {
    const [stat, pressure, memory] = await Promise.all([
      readProc('/proc/stat'),
      readProc('/proc/pressure/memory'),
      readMemory(),
    ])
    const now = ticksIn(stat)
    const before = this.#before
    this.#before = now
    const waited = Number(/^some .*avg10=([\d.]+)/m.exec(pressure)?.[1] ?? NaN)
    const readings: HostReadings = { memory, ...(Number.isFinite(waited) && { pressure: percent(waited, 100) }) }
    if (!now || !before || now.total <= before.total) return readings
    const total = now.total - before.total
    return {
      ...readings,
      cpu: percent(total - (now.idle - before.idle), total),
      steal: percent(now.steal - before.steal, total),
    }
  }
}

/** `cpu user nice system idle iowait irq softirq steal …` */
function ticksIn(stat: string): Ticks | null {
  const columns = /^cpu +(.*)$/m.exec(stat)?.[1]?.split(' ').map(Number)
  if (!columns || columns.length < 8) return null
  const [idle = 0, wait = 0] = columns.slice(3, 5)
  return { idle: idle + wait, steal: columns[7] ?? 0, total: columns.slice(0, 8).reduce((sum, one) => sum + one, 0) }
}
