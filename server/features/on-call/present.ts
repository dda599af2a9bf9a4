/** What leaves the house of each document, field by field. */
import type { LiveView } from '../../core/feature.ts'
import * as contract from './contract.ts'
import type { EscalationRow, PolicyRow, ScheduleRow } from './contract.ts'
import {
  EscalationDocs,
  PolicyDocs,
  ScheduleDocs,
  type EscalationDoc,
  type PolicyDoc,
  type ScheduleDoc,
} from './model.ts'

export const presentSchedule = (doc: ScheduleDoc): ScheduleRow => ({
  id: doc._id,
  name: doc.name,
  rotation: doc.rotation,
  overrides: doc.overrides,
  shifts: doc.shifts,
})

export const presentPolicy = (doc: PolicyDoc): PolicyRow => ({
  id: doc._id,
  name: doc.name,
  enabled: doc.enabled,
  severities: doc.severities,
  levels: doc.levels,
  repeat: doc.repeat,
})

const presentEscalation = (doc: EscalationDoc): EscalationRow => ({
  id: doc._id,
  alarm: doc.alarm,
  place: doc.place,
  severity: doc.severity,
  policy: doc.policyName,
  level: doc.level,
  since: doc.since,
  toldAt: doc.toldAt,
  told: doc.told,
  nextAt: doc.nextAt,
})

type All = Record<string, never>

export const ScheduleView: LiveView<ScheduleDoc, ScheduleRow, All> = {
  contract: contract.Schedules,
  collection: ScheduleDocs,
  present: presentSchedule,
}
export const PolicyView: LiveView<PolicyDoc, PolicyRow, All> = {
  contract: contract.Policies,
  collection: PolicyDocs,
  present: presentPolicy,
}
export const EscalationView: LiveView<EscalationDoc, EscalationRow, All> = {
  contract: contract.Escalations,
  collection: EscalationDocs,
  present: presentEscalation,
}
