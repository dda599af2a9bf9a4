/** The doors of reports as the OpenAPI document tells them. */
import * as z from 'zod/mini'
import type { Described } from '../../core/openapi.ts'
import { Alert, mostAlertsPerPost } from './alerts.ts'
import { mostReportsPerPost, ReportInput } from './contract.ts'

const Accepted = z.object({
  accepted: z.number(),
  ids: z.array(z.string()),
  refused: z.array(
    z.object({ index: z.number(), errors: z.array(z.object({ path: z.string(), message: z.string() })) }),
  ),
})

const door = {
  kind: 'command',
  method: 'post',
  output: Accepted,
  permission: 'alarms:write',
  answers: [202, 207],
  errors: ['intake.overloaded'],
} as const

export const described: Described[] = [
  {
    ...door,
    path: '/alarms',
    summary: 'One report or many; durable when answered, 207 names the items that were refused',
    input: z.union([ReportInput, z.array(ReportInput).check(z.minLength(1), z.maxLength(mostReportsPerPost))]),
    example: { type: 'stutter', severity: 'high', desktop: 'ACME-CAD-0112', readings: { fps: 9, rtt: 412 } },
  },
  {
    ...door,
    path: '/api/v2/alerts',
    summary: 'What Prometheus posts to an Alertmanager',
    input: z.array(Alert).check(z.maxLength(mostAlertsPerPost)),
    example: [
      {
        labels: { alertname: 'HostHot', severity: 'critical', host: 'gz1-h-017' },
        annotations: { summary: 'CPU 98 %' },
      },
    ],
  },
  {
    ...door,
    path: '/integrations/alertmanager',
    summary: 'What an Alertmanager posts to a webhook',
    input: z.object({ alerts: z.array(Alert).check(z.maxLength(mostAlertsPerPost)) }),
  },
]
