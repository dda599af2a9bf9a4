/** What Prometheus and Alertmanager post, as they document it; unknown fields are theirs and pass by. */
import * as z from 'zod/mini'
import { endRule, isPlausibleEnd, isPlausibleStart, LabelName, Labels, startRule } from './contract.ts'

/** Go's zero time stands for "not said". */
const isUnsaid = (value: string) => Date.parse(value) <= 0
const instant = z.iso.datetime({ offset: true })
const start = instant.check(z.refine((value) => isUnsaid(value) || isPlausibleStart(value), startRule))
const end = instant.check(z.refine((value) => isUnsaid(value) || isPlausibleEnd(value), endRule))

/** Prometheus 3 allows dots in names; here names become keys of documents. */
const plainNames = (labels: unknown) =>
  isRecord(labels)
    ? Object.fromEntries(Object.entries(labels).map(([name, value]) => [name.replaceAll('.', '_'), value]))
    : labels
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Prose of any length: only a summary and a runbook are taken from it. */
const Annotations = z
  .record(LabelName, z.string().check(z.maxLength(10_000)))
  .check(z.refine((annotations) => Object.keys(annotations).length <= 100, 'at most 100 annotations'))

/** One alert of `POST /api/v2/alerts` (Alertmanager API v2, as Prometheus sends it) and of the webhook (version 4). */
export const Alert = z.object({
  labels: z.pipe(
    z.transform(plainNames),
    Labels.check(z.refine((labels) => Object.keys(labels).length > 0, 'an alert has labels')),
  ),
  annotations: z._default(z.pipe(z.transform(plainNames), Annotations), {}),
  startsAt: z.optional(start),
  endsAt: z.optional(end),
  status: z.optional(z.enum(['firing', 'resolved'])),
})
export type Alert = z.infer<typeof Alert>

export const mostAlertsPerPost = 5_000

export function timeOf(value: string | undefined): number | null {
  return value === undefined || isUnsaid(value) ? null : Date.parse(value)
}

/** The webhook says it; Prometheus says it by an end that has passed. */
export function isResolved(alert: Alert, now: number): boolean {
  if (alert.status !== undefined) return alert.status === 'resolved'
  const end = timeOf(alert.endsAt)
  return end !== null && end <= now
}
