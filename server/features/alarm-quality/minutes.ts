/** Counts what alarms do, minute by minute, on every node alike; the owner of the clock stores it. */
import type { AlarmDoc } from '../alarms/service.ts'
import { floodedMs, type Flood, type PastFlood } from './flood.ts'
import type { Hour } from './kpis.ts'
import { hourMs, Minute, minuteMs, plus, sum, tenMs, type BySeverity, type Kind, type Rollup } from './rollup.ts'

/** The current hour and the one before: until then an hour may still change. */
const keptMs = 2 * hourMs
const minutesOfTen = tenMs / minuteMs

interface FloodTimes {
  open: Pick<Flood, 'since'> | null
  past: readonly PastFlood[]
}

const overlays: Partial<Record<AlarmDoc['state'], Kind>> = {
  shelved: 'shelved',
  suppressed: 'suppressed',
  'out-of-service': 'outOfService',
}

export class Minutes {
  #byTenant = new Map<string, Map<number, Minute>>()
  #changed = new Map<string, Set<number>>()
  /** Ten minutes in which somebody counted: nothing there is zero, elsewhere it is unknown. */
  #counted = new Set<number>()

  /** What changed from one version of an alarm to the next. */
  changed(alarm: AlarmDoc, before: AlarmDoc | null, now: number): void {
    const said = (alarm.annunciations ?? 0) - (before?.annunciations ?? 0)
    if (said > 0) this.#annunciated(alarm, said)
    this.#answered(alarm, before)
    for (const mark of alarm.marks ?? []) if (!before?.marks?.includes(mark)) this.#at(alarm, now).begin(mark)
    const overlay = overlays[alarm.state]
    if (overlay && alarm.state !== before?.state) this.#at(alarm, now).begin(overlay)
  }

  /** As found at start: what an alarm itself still tells of the last hours; stored minutes say the rest. */
  found(alarm: AlarmDoc, now: number): void {
    for (const at of alarm.annunciated ?? []) if (at > now - keptMs) this.#at(alarm, at).annunciate(sourceOf(alarm), 1)
    this.#answered(alarm, null, now - keptMs)
  }

  /** What was stored of a minute, by whoever owned the clock. */
  merge(tenant: string, minute: number, stored: Rollup): void {
    this.#minute(tenant, minute).merge(stored)
  }

  /** Somebody counted at that moment. */
  counting(at: number): void {
    this.#counted.add(Math.floor(at / tenMs))
  }

  /** Minutes that changed since they were last taken, by tenant. */
  take(): { tenant: string; minutes: number[] }[] {
    const taken = [...this.#changed].map(([tenant, minutes]) => ({ tenant, minutes: [...minutes] }))
    this.#changed = new Map()
    return taken
  }

  /** Not stored after all. */
  putBack(tenant: string, minutes: readonly number[]): void {
    for (const minute of minutes) this.#note(tenant, minute)
  }

  of(tenant: string, minute: number): Rollup | null {
    const counts = this.#byTenant.get(tenant)?.get(minute)
    if (counts) return counts.rollup()
    return this.#counted.has(Math.floor((minute * minuteMs) / tenMs)) ? sum([]) : null
  }

  /** Those of which something is known. */
  between(tenant: string, from: number, to: number): { at: number; rollup: Rollup }[] {
    const first = Math.floor(from / minuteMs)
    const length = Math.ceil(to / minuteMs) - first
    return Array.from({ length }, (_, index) => first + index).flatMap((minute) => {
      const rollup = this.of(tenant, minute)
      return rollup ? [{ at: minute * minuteMs, rollup }] : []
    })
  }

  hour(tenant: string, hour: number, now: number, floods: FloodTimes): Hour {
    const at = hour * hourMs
    const to = Math.min(now, at + hourMs)
    const minutes = this.between(tenant, at, to)
    const tens: (BySeverity | null)[] = Array.from({ length: 6 }, () => null)
    for (const { at: minute, rollup } of minutes) {
      const index = Math.floor((minute - at) / tenMs)
      tens[index] = plus(tens[index] ?? [0, 0, 0, 0], rollup.annunciated)
    }
    return {
      ...sum(minutes.map(({ rollup }) => rollup)),
      at,
      tens,
      floodedMs: floodedMs(floods.past, floods.open, at, to),
    }
  }

  /** Forgets what is too old to change, and the lesser sources of what has passed. */
  trim(now: number): void {
    const oldest = Math.floor(now / hourMs) * hourMs - hourMs
    const current = Math.floor(now / minuteMs)
    for (const minutes of this.#byTenant.values())
      for (const [minute, counts] of minutes) {
        if (minute * minuteMs < oldest) minutes.delete(minute)
        else if (minute < current && minute >= current - minutesOfTen) counts.close()
      }
    for (const ten of this.#counted) if (ten * tenMs < oldest) this.#counted.delete(ten)
  }

  #annunciated(alarm: AlarmDoc, said: number): void {
    // The document remembers the last few times; of a greater burst the rest is counted with the earliest of them.
    const times = (alarm.annunciated ?? []).slice(-said)
    times.forEach((at, index) => {
      this.#at(alarm, at).annunciate(sourceOf(alarm), index === 0 ? said - times.length + 1 : 1)
    })
  }

  #answered(alarm: AlarmDoc, before: AlarmDoc | null, after = 0): void {
    const raised = alarm.annunciated?.at(-1)
    if (raised === undefined) return
    const { acknowledgedAt, clearedAt } = alarm
    if (acknowledgedAt !== null && acknowledgedAt !== before?.acknowledgedAt && acknowledgedAt > after)
      this.#at(alarm, acknowledgedAt).acknowledge(Math.max(0, acknowledgedAt - raised))
    if (clearedAt !== null && clearedAt !== before?.clearedAt && clearedAt > after)
      this.#at(alarm, clearedAt).clear(Math.max(0, clearedAt - raised))
  }

  #at({ tenant }: AlarmDoc, at: number): Minute {
    const minute = Math.floor(at / minuteMs)
    this.#note(tenant, minute)
    return this.#minute(tenant, minute)
  }

  #note(tenant: string, minute: number): void {
    const changed = this.#changed.get(tenant)
    if (changed) changed.add(minute)
    else this.#changed.set(tenant, new Set([minute]))
  }

  #minute(tenant: string, minute: number): Minute {
    let minutes = this.#byTenant.get(tenant)
    if (!minutes) this.#byTenant.set(tenant, (minutes = new Map<number, Minute>()))
    let counts = minutes.get(minute)
    if (!counts) minutes.set(minute, (counts = new Minute()))
    return counts
  }
}

const sourceOf = ({ _id: id, desktop, host, type, severity }: AlarmDoc) => ({
  id,
  place: desktop ?? host ?? '',
  type,
  severity,
})
