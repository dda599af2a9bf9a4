/** When an alarm is escalated, and how far: pure decisions over its document and a policy. */
import type { AlarmDoc, Happening } from '../alarms/service.ts'
import type { EscalationDoc, PolicyDoc } from './model.ts'

/** Entries with which an alarm stopped asking for somebody. */
const quieted = new Set<Happening>(['acknowledge', 'shelve', 'suppress', 'take-out-of-service', 'cleared', 'expired'])

export interface Step {
  /** 0, 1, 2, …: levels, then repetitions of the last one. */
  n: number
  /** Index of the level it tells. */
  level: number
  /** ms after the alarm began to ask. */
  after: number
}

/** null: nothing comes after the last level. */
export function stepOf({ levels, repeat }: Pick<PolicyDoc, 'levels' | 'repeat'>, n: number): Step | null {
  const level = Math.min(n, levels.length - 1)
  const waits = levels.slice(0, level + 1).reduce((sum, { wait }) => sum + wait, 0)
  const again = n - level
  if (again > 0 && repeat === null) return null
  return { n, level, after: (waits + again * (repeat ?? 0)) * 1000 }
}

/** Cleared, acknowledged, shelved, suppressed, out of service or over: nobody is called for it. */
export const asks = (alarm: AlarmDoc, policy: PolicyDoc) =>
  policy.enabled &&
  !policy.gone &&
  !alarm.gone &&
  alarm.state === 'unacknowledged' &&
  policy.severities.includes(alarm.severity)

/**
 * Since when it asks: what follows the last entry that quieted it, or else the episode's begin. An entry that left the
 * document meanwhile is remembered by the escalation. Getting worse alone begins nothing anew: it would put off the call.
 */
export function askingSince(alarm: AlarmDoc, known: EscalationDoc | undefined): number {
  const entries = alarm.lastEntries ?? []
  const quiet = entries.findLastIndex(({ what }) => quieted.has(what))
  const since = quiet < 0 ? alarm.raisedAt : ((entries[quiet + 1] ?? entries[quiet])?.at ?? alarm.raisedAt)
  return known?.raisedAt === alarm.raisedAt ? Math.max(since, known.since) : since
}

/** Steps of this stretch of asking that were told. */
export const firedOf = (known: EscalationDoc | undefined, alarm: AlarmDoc, since: number) =>
  known && !known.gone && known.raisedAt === alarm.raisedAt && known.since === since ? known.fired : 0

/** When the clock has business with the pair; null: never. */
export function nextAt(alarm: AlarmDoc, policy: PolicyDoc, known: EscalationDoc | undefined): number | null {
  // What was escalated and asks no longer leaves the list of escalations at once.
  if (!asks(alarm, policy)) return known && !known.gone ? 0 : null
  const since = askingSince(alarm, known)
  const step = stepOf(policy, firedOf(known, alarm, since))
  return step && since + step.after
}

/** After a time without a server: levels are told in their order, of repetitions only the last that is due. */
export function dueSteps(policy: PolicyDoc, fired: number, since: number, now: number): Step[] {
  const steps: Step[] = []
  for (let n = fired; ; n++) {
    const step = stepOf(policy, n)
    if (!step || since + step.after > now) return steps
    if (n >= policy.levels.length && steps.at(-1)?.level === step.level) steps.pop()
    steps.push(step)
  }
}
