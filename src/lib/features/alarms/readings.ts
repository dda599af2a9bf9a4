import { catalogue } from '../../i18n/catalogue.ts'
import { figure } from '../../i18n/time.ts'

/** The number, its unit and its limit: "9 fps, limit 20" beats "slow". */
interface Meaning {
  unit: string
  /** Good while at least (fps) or at most (everything else) this. */
  limit?: number
  least?: true
  /** Figure before the word, as in "9 fps". */
  bare?: true
}

/** The limits are those of `desktopLimits` and `hostLimits`; a test keeps them in step, a first page need not load them. */
const meanings = {
  fps: { unit: 'fps', limit: 20, least: true, bare: true },
  skipped: { unit: '%', limit: 15 },
  rtt: { unit: 'ms', limit: 100 },
  jitter: { unit: 'ms', limit: 20 },
  loss: { unit: '%', limit: 1 },
  cpu: { unit: '%', limit: 90 },
  memory: { unit: '%', limit: 90 },
  disk: { unit: '%', limit: 90 },
  gpu: { unit: '%', limit: 90 },
  hostCpu: { unit: '%', limit: 85 },
  bandwidth: { unit: 'Mbit/s' },
} satisfies Record<string, Meaning>
type Known = keyof typeof meanings

const words = catalogue<Known>(
  {
    fps: 'Frame rate',
    skipped: 'Skip',
    rtt: 'RTT',
    jitter: 'Jitter',
    loss: 'Loss',
    cpu: 'CPU',
    memory: 'Mem',
    disk: 'Disk',
    gpu: 'GPU',
    hostCpu: 'Host CPU',
    bandwidth: 'Bandwidth',
  },
  {
    fps: '画面',
    skipped: '跳帧',
    rtt: 'RTT',
    jitter: '抖动',
    loss: '丢包',
    cpu: 'CPU',
    memory: '内存',
    disk: '磁盘',
    gpu: 'GPU',
    hostCpu: '主机 CPU',
    bandwidth: '带宽',
  },
)

const isKnown = (name: string): name is Known => name in meanings

export interface Reading {
  name: string
  word: string
  value: number
  unit: string
  limit: number | null
  /** '≥' or '≤' */
  bound: string
  over: boolean
  bare: boolean
  /** How far beyond the limit, as a ratio; for "worst first". */
  excess: number
}

export function readingsOf(readings: Record<string, number>): Reading[] {
  const all = Object.entries(readings).map(([name, value]): Reading => {
    const meaning: Meaning = isKnown(name) ? meanings[name] : { unit: '' }
    const limit = meaning.limit ?? null
    const least = meaning.least === true
    const excess = limit === null ? 0 : least ? limit / Math.max(value, 0.1) : value / limit
    const over = excess > 1
    const word = isKnown(name) ? words(name) : name
    return {
      name,
      word,
      value,
      unit: meaning.unit,
      limit,
      bound: least ? '≥' : '≤',
      over,
      bare: meaning.bare === true,
      excess,
    }
  })
  return all.sort((a, b) => b.excess - a.excess)
}

const short = (reading: Reading) =>
  reading.bare
    ? `${figure(reading.value)} ${reading.unit}`
    : `${reading.word} ${figure(reading.value)}${reading.unit === '%' ? '%' : ''}`

/** "RTT 412 · 6 fps": the worst reading first, the frame rate last, since that is what the user feels. */
export function symptom(alarm: { readings: Record<string, number>; summary: string; type: string }): string {
  const all = readingsOf(alarm.readings)
  if (all.length === 0) return alarm.summary || alarm.type
  const fps = all.find((reading) => reading.name === 'fps')
  const rest = all.filter((reading) => reading.name !== 'fps').slice(0, fps ? 1 : 2)
  return [...rest, ...(fps ? [fps] : [])].map(short).join(' · ')
}
