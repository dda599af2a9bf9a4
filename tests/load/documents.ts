/** Alarms of the bench, made from a number. */
import type { AlarmDoc } from '../../server/features/alarms/model.ts'
import { randomFrom } from './statistics.ts'

export const TENANT = 'acme'
const types = ['stutter', 'black-screen', 'login-failed', 'disconnect', 'agent-offline']
const severities = ['high', 'medium', 'low'] as const

/** Nothing here is critical: what the bench posts itself stands above. `of` keeps kinds apart. */
export function alarmDoc(of: string, n: number, v: number, sent = 0): AlarmDoc {
  const random = randomFrom(n)
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T
  const raisedAt = Date.UTC(2026, 10, 23) + Math.floor(random() * 3_600_000)
  const readings = { fps: Math.floor(random() * 60), rtt: Math.floor(random() * 400) }
  return {
    _id: `${TENANT}:${of}${String(n).padStart(22 - of.length, '0')}`,
    v,
    tenant: TENANT,
    episode: 1,
    type: pick(types),
    severity: pick(severities),
    state: 'unacknowledged',
    desktop: `${of}-desk-${n}`,
    host: `host-${n % 40}`,
    user: `user${n % 900}`,
    business: pick(['Trading', 'Design', 'Care', 'Support']),
    pool: `pool-${n % 12}`,
    region: 'east',
    summary: 'Frame rate below 12 for 30 s',
    readings: sent ? { ...readings, sent } : readings,
    labels: {},
    runbook: null,
    source: 'api',
    count: v,
    raisedAt,
    lastSeenAt: raisedAt + v * 1000,
    clearedAt: null,
    acknowledgedAt: null,
    acknowledgedBy: null,
    startsAt: null,
    endsAt: null,
    skewed: false,
    seen: [],
    taken: {},
  }
}
