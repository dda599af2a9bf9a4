/** Readings of the machine this runs on. What cannot be measured is left out: unknown is not zero. */
import { readFile, statfs } from 'node:fs/promises'
import { cpus, freemem, totalmem } from 'node:os'
import type { Sample } from '#contract/inventory'

interface Ticks {
  idle: number
  total: number
}
interface Traffic {
  bytes: number
  at: number
}

const round = (value: number, digits = 1) => Math.round(value * 10 ** digits) / 10 ** digits
const percent = (part: number, whole: number) => round(Math.min(100, Math.max(0, (part / whole) * 100)))

export class MachineSampler {
  #ticks = ticks()
  #traffic: Traffic | null = null

  async read(): Promise<Omit<Sample, 'at'>> {
    const [memory, disk, bandwidth] = await Promise.all([readMemory(), readDisk(), this.#readBandwidth()])
    const before = this.#ticks
    this.#ticks = ticks()
    const total = this.#ticks.total - before.total
    return {
      ...(total > 0 && { cpu: percent(total - (this.#ticks.idle - before.idle), total) }),
      memory,
      ...(disk !== null && { disk }),
      ...(bandwidth !== null && { bandwidth }),
    }
  }

  async #readBandwidth(): Promise<number | null> {
    const now: Traffic | null = await traffic()
    const before = this.#traffic
    this.#traffic = now
    if (!now || !before || now.at <= before.at || now.bytes < before.bytes) return null
    return round(((now.bytes - before.bytes) * 8) / 1e6 / ((now.at - before.at) / 1000), 3)
  }
}

function ticks(): Ticks {
  const sum: Ticks = { idle: 0, total: 0 }
  for (const { times } of cpus()) {
    sum.idle += times.idle
    sum.total += times.user + times.nice + times.sys + times.idle + times.irq
  }
  return sum
}

/** Where the system says what is available, that counts: freemem() takes caches for used. */
export async function readMemory(): Promise<number> {
  const text = await readProc('/proc/meminfo')
  const kib = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1])
  const [total, available] = [kib('MemTotal'), kib('MemAvailable')]
  return total > 0 && available >= 0 ? percent(total - available, total) : percent(totalmem() - freemem(), totalmem())
}

async function readDisk(): Promise<number | null> {
  const { blocks, bavail } = await statfs(process.platform === 'win32' ? 'C:\\' : '/')
  return blocks > 0 ? percent(blocks - bavail, blocks) : null
}

async function traffic(): Promise<Traffic | null> {
  const text = await readProc('/proc/net/dev')
  let bytes = 0
  for (const line of text.split('\n').slice(2)) {
    const [name, numbers] = line.split(':')
    if (!numbers || name?.trim() === 'lo') continue
    const columns = numbers.trim().split(/\s+/).map(Number)
    bytes += (columns[0] ?? 0) + (columns[8] ?? 0)
  }
  return text ? { bytes, at: performance.now() } : null
}

/** Empty on systems without /proc. */
export async function readProc(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return ''
  }
}
