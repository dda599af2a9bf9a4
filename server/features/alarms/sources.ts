/** Senders of a tenant: how their labels map to fields, and who must be heard from (dead-man's switch). */
import * as z from 'zod/mini'
import type { Core } from '../../core/core.ts'
import type { Collection, Doc } from '../../core/feature.ts'
import { LabelName, Severity, type Labels } from './contract.ts'

const labelNames = z.array(z.string().check(z.minLength(1), z.maxLength(100))).check(z.maxLength(10))

/** For each field the labels to look at, first present wins; severities by the value of the `severity` label. */
export const LabelMapping = z.strictObject({
  type: labelNames,
  severity: z
    .record(LabelName, Severity)
    .check(z.refine((words) => Object.keys(words).length <= 50, 'at most 50 words')),
  fallbackSeverity: Severity,
  desktop: labelNames,
  host: labelNames,
  user: labelNames,
  business: labelNames,
  pool: labelNames,
  summary: labelNames,
})
export type LabelMapping = z.infer<typeof LabelMapping>

export const defaultMapping: LabelMapping = {
  type: ['alertname'],
  severity: {
    critical: 'critical',
    page: 'critical',
    error: 'high',
    high: 'high',
    warning: 'medium',
    medium: 'medium',
    info: 'low',
    low: 'low',
    none: 'low',
  },
  fallbackSeverity: 'medium',
  desktop: ['desktop'],
  host: ['host', 'instance', 'job', 'alertname'],
  user: ['user'],
  business: ['business'],
  pool: ['pool'],
  summary: ['summary', 'description', 'message'],
}

export interface SourceDoc extends Doc {
  sender: string
  name: string
  mapping: LabelMapping | null
  /** Last heartbeat of a dead-man's switch, our clock; null: this sender has none. */
  watchdogAt: number | null
  silent: boolean
}

export const SourceDocs: Collection<SourceDoc> = { noun: 'alarm-sources', hot: true }
export const sourceId = (tenant: string, sender: string) => `${tenant}:source:${sender}`

export function newSource(tenant: string, sender: string, name: string): SourceDoc {
  return { _id: sourceId(tenant, sender), v: 0, tenant, sender, name, mapping: null, watchdogAt: null, silent: false }
}

export function mappingOf(core: Pick<Core, 'views'>, tenant: string, sender: string): LabelMapping {
  return core.views.get(SourceDocs, sourceId(tenant, sender))?.mapping ?? defaultMapping
}

/** What the labels and annotations of one alert say, by rule. */
export function mapLabels(mapping: LabelMapping, labels: Labels, annotations: Labels) {
  const first = (names: readonly string[], from: Labels = labels) =>
    names.map((name) => own(from, name)).find(Boolean) ?? null
  return {
    type: first(mapping.type) ?? 'alert',
    severity: own(mapping.severity, (labels['severity'] ?? '').toLowerCase()) ?? mapping.fallbackSeverity,
    desktop: first(mapping.desktop),
    host: first(mapping.host)?.replace(/:\d+$/, '') ?? null,
    user: first(mapping.user),
    business: first(mapping.business),
    pool: first(mapping.pool),
    summary: (first(mapping.summary, annotations) ?? first(mapping.summary) ?? first(mapping.type) ?? '').slice(0, 500),
    runbook: runbookOf(annotations['runbook_url'] ?? annotations['runbook']),
  }
}

/** What a sender wrote may be called like something that every object has. */
const own = <T>(record: Record<string, T>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined

function runbookOf(value: string | undefined): string | null {
  if (!value || !URL.canParse(value)) return null
  return /^https?:$/.test(new URL(value).protocol) && value.length <= 500 ? value : null
}

/** Prometheus' always-firing alert: proof of life, not an alarm. */
export const isWatchdog = (labels: Labels) => labels['alertname'] === 'Watchdog'
