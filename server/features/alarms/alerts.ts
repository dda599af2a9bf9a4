/** What Prometheus and Alertmanager post, as they document it; unknown fields are theirs and pass by. */
import * as z from 'zod/mini'
import { Labels } from './contract.ts'

const instant = z.iso.datetime({ offset: true })

/** One alert of `POST /api/v2/alerts` (Alertmanager API v2, as Prometheus sends it) and of the webhook (version 4). */
export const Alert = z.object({
  labels: Labels.check(z.refine((labels) => Object.keys(labels).length > 0, 'an alert has labels')),
  annotations: z._default(Labels, {}),
  startsAt: z.optional(instant),
  endsAt: z.optional(instant),
  generatorURL: z.optional(z.string().check(z.maxLength(2000))),
  status: z.optional(z.enum(['firing', 'resolved'])),
})
export type Alert = z.infer<typeof Alert>

export const mostAlertsPerPost = 5_000

/** Go's zero time stands for "not said". */
export function timeOf(value: string | undefined): number | null {
  if (value === undefined) return null
  const at = Date.parse(value)
  return at <= 0 ? null : at
}

/** The webhook says it; Prometheus says it by an end that has passed. */
export function isResolved(alert: Alert, now: number): boolean {
  if (alert.status !== undefined) return alert.status === 'resolved'
  const end = timeOf(alert.endsAt)
  return end !== null && end <= now
}
