/** What a wall sounds like: which severity is to be heard now, and the pattern by which it is known. */
import { severities, type Severity } from '#contract/alarms'
import type { Sounds } from '#contract/displays'

export interface Tone {
  hz: number
  /** From the beginning of the pattern, seconds. */
  at: number
  for: number
}

interface Pattern {
  tones: readonly Tone[]
  /** Until it is heard again, if nobody acknowledges. */
  everyMs: number
}

const beeps = (hz: number, times: number, every: number, long: number): Tone[] =>
  Array.from({ length: times }, (_, n) => ({ hz, at: n * every, for: long }))

/** Told apart by count and rhythm as well as by pitch: not everybody hears high tones. */
export const patterns: Record<Severity, Pattern> = {
  critical: { tones: [...beeps(880, 3, 0.18, 0.12), ...beeps(1175, 2, 0.18, 0.12).map(later(0.7))], everyMs: 8_000 },
  high: { tones: [...beeps(740, 2, 0.3, 0.2)], everyMs: 20_000 },
  medium: { tones: [{ hz: 587, at: 0, for: 0.45 }], everyMs: 60_000 },
  low: { tones: [{ hz: 392, at: 0, for: 0.3 }], everyMs: 180_000 },
}

function later(seconds: number) {
  return (tone: Tone): Tone => ({ ...tone, at: tone.at + seconds })
}

const minutesOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))

/** Is it quiet time? `minute`: of the day, where the screen hangs. The same time twice: never. */
export function isSilent({ silent }: Pick<Sounds, 'silent'>, minute: number): boolean {
  if (!silent) return false
  const [from, to] = [minutesOf(silent.from), minutesOf(silent.to)]
  return from <= to ? minute >= from && minute < to : minute >= from || minute < to
}

/** The worst severity that waits for an acknowledgement and is to be heard. */
export function heard(counters: Partial<Record<string, number>>, sounds: Sounds, minute: number): Severity | null {
  if (sounds.volume === 0 || isSilent(sounds, minute)) return null
  return (
    severities.find(
      (severity) => sounds.severities.includes(severity) && (counters[`${severity}Unacknowledged`] ?? 0) > 0,
    ) ?? null
  )
}

/** When the pattern of what is heard is due; pure, so that a wall of weeks needs no timers. */
export class Rhythm {
  #last: { severity: Severity; at: number } | null = null

  /** True: play it now. A worse one is heard at once, a lesser one after the time of the one before it. */
  due(severity: Severity | null, at: number): boolean {
    if (severity === null) {
      this.#last = null
      return false
    }
    const worse = !this.#last || severities.indexOf(severity) < severities.indexOf(this.#last.severity)
    if (!worse && this.#last && at - this.#last.at < patterns[severity].everyMs) return false
    this.#last = { severity, at }
    return true
  }
}
