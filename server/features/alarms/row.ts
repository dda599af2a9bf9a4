/** The only way out of an alarm: fields by hand, people hidden from roles that need none. */
import type { LiveView } from '../../core/feature.ts'
import { Alarms, type AlarmFilter, type AlarmRow } from './contract.ts'
import { holdOf } from './holds.ts'
import { AlarmDocs, type AlarmDoc, type HistoryDoc } from './model.ts'

export function presentAlarm(doc: AlarmDoc | (HistoryDoc & { gone?: undefined }), masked: boolean): AlarmRow {
  const shelf = holdOf(doc, 'shelf')
  const service = holdOf(doc, 'service')
  return {
    id: doc._id,
    severity: doc.severity,
    state: doc.state,
    type: doc.type,
    desktop: doc.desktop,
    host: doc.host,
    user: masked ? null : doc.user,
    business: doc.business,
    pool: doc.pool,
    region: doc.region,
    summary: doc.summary,
    readings: doc.readings,
    source: doc.source,
    count: doc.count,
    episode: doc.episode,
    raisedAt: doc.raisedAt,
    lastSeenAt: doc.lastSeenAt,
    clearedAt: doc.clearedAt,
    acknowledgedAt: doc.acknowledgedAt,
    acknowledgedBy: masked ? null : doc.acknowledgedBy,
    skewed: doc.skewed,
    runbook: doc.runbook,
    owner: masked ? null : (doc.owner?.name ?? null),
    ownerId: masked ? null : (doc.owner?.id ?? null),
    claimedAt: doc.owner?.at ?? null,
    shelvedUntil: shelf?.until ?? null,
    shelvedBy: masked ? null : (shelf?.by ?? null),
    shelfReason: shelf?.why ?? null,
    suppressedBy: holdOf(doc, 'suppression')?.why ?? null,
    serviceReason: service?.why ?? null,
    serviceUntil: service?.until ?? null,
    notes: doc.notes ?? 0,
    links: doc.links ?? [],
    cause: doc.cause ?? null,
    marks: doc.marks ?? [],
  }
}

/** An episode that reached `normal` is on its way to history and leaves the live list. */
export const AlarmView: LiveView<AlarmDoc, AlarmRow, AlarmFilter> = {
  contract: Alarms,
  collection: AlarmDocs,
  present: (doc, masked) => (doc.gone || doc.state === 'normal' ? null : presentAlarm(doc, masked)),
  onWalls: true,
}
