/** What is stored of alarms: reports once each, the live episode per fingerprint, finished episodes. */
import { digest } from '../../core/digest.ts'
import type { Collection, Doc } from '../../core/feature.ts'
import type { AlarmState, Labels, Link, Mark, Severity, Source } from './contract.ts'
import type { Entry } from './entries.ts'
import type { Hold } from './holds.ts'

/** What a report says, and the alarm after it. */
interface Described {
  type: string
  severity: Severity
  source: Source
  desktop: string | null
  host: string | null
  user: string | null
  business: string | null
  pool: string | null
  region: string | null
  summary: string
  readings: Record<string, number>
  labels: Labels
  runbook: string | null
}

/** A report as accepted: whole, with everything its fold will need. */
export interface Report extends Described {
  /** `acme:` and either the sender's id, the resend key, or a fresh one: the same id is the same report. */
  id: string
  tenant: string
  /** Token, agent or system part that sent it. */
  sender: string
  status: 'firing' | 'cleared'
  /** Sender's clock, ms; null when it said nothing. */
  startsAt: number | null
  endsAt: number | null
  /** Our clock at acceptance, ms. */
  receivedAt: number
}

/** Stored report; `batch` names the journal record that brought it. */
export interface ReportDoc extends Omit<Report, 'id'> {
  _id: string
  v: number
  batch: string
  alarm: string
}

export interface AlarmDoc extends Doc, Described {
  episode: number
  /** As shown: `processOf` with what lies over it. */
  state: AlarmState
  /** Distinct reports of this episode. */
  count: number
  raisedAt: number
  lastSeenAt: number
  clearedAt: number | null
  acknowledgedAt: number | null
  acknowledgedBy: string | null
  /** Sender's begin of the episode: a resolve older than it is ignored. */
  startsAt: number | null
  /** When it clears by itself, our clock; null: only a clear report ends it. */
  endsAt: number | null
  skewed: boolean
  /** Last report ids: a resend is known without asking the database. */
  seen: string[]
  /** Per node incarnation the last batch folded into this document (S4). */
  taken: Record<string, number>
  owner?: { id: string; name: string; at: number }
  /** What lies over it; an out-of-service one outlasts the episode, a shelf runs to its end. */
  holds?: Hold[]
  notes?: number
  links?: Link[]
  cause?: string
  marks?: Mark[]
  /** The last times it was annunciated, over all episodes, and how often ever. */
  annunciated?: number[]
  annunciations?: number
  /** Entries of this episode's timeline so far, and the last of them; older ones are in `alarm-entries`. */
  entries?: number
  lastEntries?: Entry[]
  /** Episodes that ended and are not known to be in history: what is moved there is what was committed here. */
  ended?: HistoryDoc[]
}

/** A finished episode: `_id` = alarm, number of the episode and the moment it was raised. */
export interface HistoryDoc extends Omit<AlarmDoc, 'taken' | 'seen' | 'commands' | 'gone' | 'ended'> {
  alarm: string
  endedAt: number
  /** Its last report ids. */
  reports: string[]
}

export const AlarmDocs: Collection<AlarmDoc> = {
  noun: 'alarms',
  hot: true,
  indexes: [{ key: { tenant: 1, state: 1 } }],
}
export const ReportDocs: Collection = {
  noun: 'alarm-reports',
  hot: false,
  indexes: [{ key: { alarm: 1, receivedAt: -1 } }, { key: { receivedAt: 1 } }],
}
export const HistoryDocs: Collection = {
  noun: 'alarm-history',
  hot: false,
  indexes: [{ key: { tenant: 1, endedAt: -1 } }, { key: { alarm: 1, raisedAt: -1 } }],
}

/** Tenant, desktop or host, type: reports of the same fingerprint fold into one alarm. */
export function fingerprint(report: Pick<Report, 'tenant' | 'desktop' | 'host' | 'type'>): string {
  return `${report.tenant}:${digest([report.desktop ?? '', report.desktop ? '' : (report.host ?? ''), report.type])}`
}

/** A resend — same sender, fingerprint, begin and state — is the same report. */
export function resendId(
  report: Pick<Report, 'tenant' | 'desktop' | 'host' | 'type' | 'sender' | 'status'>,
  key: string,
): string {
  return `${report.tenant}:${digest([report.sender, fingerprint(report), key, report.status])}`
}

/** The sender's own id, kept apart by sender so that two senders never collide. */
export const ownId = (tenant: string, sender: string, id: string) => `${tenant}:${digest([sender, id])}`
