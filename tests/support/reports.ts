/** Reports as the doors make them, with whatever a test wants to be different. */
import type { Report } from '../../server/features/alarms/model.ts'

let made = 0

export function report(given: Partial<Report> = {}): Report {
  return {
    id: `acme:report-${++made}`,
    tenant: 'acme',
    sender: 'acme:token:one',
    source: 'prometheus',
    type: 'stutter',
    severity: 'medium',
    status: 'firing',
    desktop: 'DESK-1',
    host: null,
    user: null,
    business: null,
    pool: null,
    region: null,
    summary: 'frames skipped',
    readings: {},
    labels: {},
    runbook: null,
    startsAt: null,
    endsAt: null,
    receivedAt: 1_000_000,
    ...given,
  }
}
