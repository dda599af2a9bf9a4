/** What is stored of who is on call, of the policies, and of alarms that are being escalated. */
import type { Collection, Doc } from '../../core/feature.ts'
import type { Severity } from '../alarms/contract.ts'
import type { Level, Override, Rotation, Shift } from './contract.ts'

export interface ScheduleDoc extends Doc {
  name: string
  rotation: Rotation
  overrides: Override[]
  /** The running shift and some after it; the clock plans on when the first is over. */
  shifts: Shift[]
}

export interface PolicyDoc extends Doc {
  name: string
  enabled: boolean
  severities: Severity[]
  levels: Level[]
  repeat: number | null
}

/** How far one policy has gone with one alarm. */
export interface EscalationDoc extends Doc {
  alarm: string
  policy: string
  policyName: string
  place: string
  severity: Severity
  /** Which episode, and since when nobody has acknowledged it. */
  raisedAt: number
  since: number
  /** Steps that were told: levels, then repetitions of the last. */
  fired: number
  level: number
  toldAt: number
  told: string[]
  nextAt: number | null
}

export const ScheduleDocs: Collection<ScheduleDoc> = { noun: 'on-call-schedules', hot: true }
export const PolicyDocs: Collection<PolicyDoc> = { noun: 'escalation-policies', hot: true }
export const EscalationDocs: Collection<EscalationDoc> = { noun: 'escalations', hot: true }

export const scheduleId = (tenant: string, key: string) => `${tenant}:on-call:${key}`
export const policyId = (tenant: string, key: string) => `${tenant}:escalation-policy:${key}`
export const escalationId = (alarm: string, policy: string) =>
  `${alarm}:escalation:${policy.slice(policy.lastIndexOf(':') + 1)}`

/** Whoever has it at that moment. */
export const onCall = ({ shifts }: Pick<ScheduleDoc, 'shifts'>, at: number): Shift | undefined =>
  shifts.find(({ from, to }) => from <= at && at < to)
