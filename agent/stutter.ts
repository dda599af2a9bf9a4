/** `critical fps=9 skipped=41`: what a person types to report a stutter. */
import { randomUUID } from 'node:crypto'
import { AgentReport, severities, Severity } from '#contract/alarms'
import type { Report } from './outbox.ts'

/** The report, or a sentence saying what is wrong with the line. */
export function stutterReport(
  words: readonly string[],
  measured: Record<string, number>,
  status: 'firing' | 'cleared' = 'firing',
): Report | string {
  const [first = 'high', ...rest] = words
  const severity = Severity.safeParse(first)
  if (!severity.success) return `severity must be one of ${severities.join(', ')}`
  const readings: Record<string, number> = { ...measured }
  for (const word of rest) {
    const [key = '', value = ''] = word.split('=')
    if (value === '' || !Number.isFinite(Number(value))) return `"${word}" is not name=number`
    readings[key] = Number(value)
  }
  const report = {
    id: randomUUID(),
    type: 'stutter',
    severity: severity.data,
    status,
    summary: summaryOf(readings),
    readings,
    startsAt: new Date().toISOString(),
  }
  const checked = AgentReport.safeParse(report)
  return checked.success
    ? report
    : checked.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
}

const units: [key: string, label: string, unit: string][] = [
  ['skipped', 'skipped', '%'],
  ['rtt', 'RTT', ' ms'],
  ['loss', 'loss', '%'],
  ['jitter', 'jitter', ' ms'],
  ['cpu', 'CPU', '%'],
  ['memory', 'memory', '%'],
  ['gpu', 'GPU', '%'],
]

/** The first telling figure and the frame rate, e.g. `RTT 412 ms · 6 fps`. */
export function summaryOf(readings: Record<string, number>): string {
  const telling = units.find(([key]) => readings[key] !== undefined)
  const parts = telling ? [`${telling[1]} ${readings[telling[0]]}${telling[2]}`] : []
  if (readings['fps'] !== undefined) parts.push(`${readings['fps']} fps`)
  return parts.join(' · ')
}
