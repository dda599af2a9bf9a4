/** What happened to one episode, as the server tells it: people, rules, the source, refusals that mattered. */
import * as z from 'zod/mini'
import { Severity, type AlarmRow } from '#contract/alarms'
import { verbs } from '#machine/alarms'
import { dayAndTime, hourMinute } from '../../i18n/time.ts'
import { get } from '../../sync/send.ts'
import type { GlyphName } from '../../ui/glyphs.ts'
import type { TimelineEntry } from '../../ui/timeline.ts'
import { sourceWord } from './reports.ts'
import { happened } from './timeline-texts.ts'
import { severityWord } from './words.ts'

const Entry = z.object({
  n: z.number(),
  at: z.number(),
  what: z.string(),
  by: z.nullable(z.string()),
  text: z.nullable(z.string()),
  to: z.nullable(z.string()),
  until: z.nullable(z.number()),
  from: z.nullable(Severity),
  severity: z.nullable(Severity),
})
export type Entry = z.infer<typeof Entry>
const Page = z.object({ items: z.array(Entry), nextCursor: z.nullable(z.string()), total: z.number() })
export type TimelinePage = z.infer<typeof Page>

export const readTimeline = (id: string, signal: AbortSignal, cursor: string | null = null) =>
  get(`/api/v1/alarms/${encodeURIComponent(id)}/timeline?limit=30${cursor ? `&cursor=${cursor}` : ''}`, Page, signal)

const glyphOf: Partial<Record<string, GlyphName>> = {
  raised: 'unacknowledged',
  're-raised': 'unacknowledged',
  worsened: 'raised',
  escalated: 'raised',
  cleared: 'normal',
  ended: 'normal',
  expired: 'shelved',
  'claim-lost': 'failed',
  suppress: 'suppressed',
}
const quiet = new Set(['claim-lost', 'eased', 'expired', 'cleared', 'ended'])

export function entryOf(entry: Entry, row: AlarmRow): TimelineEntry {
  const { n, at, what, by } = entry
  const person = by !== null && what !== 'claim-lost' ? { person: by } : { glyph: glyphOf[what] ?? 'pending' }
  return { id: String(n), at, ...person, text: sentence(entry, row), quiet: quiet.has(what) }
}

function sentence({ what, by, text, to, until, from, severity }: Entry, row: AlarmRow): string {
  const params = {
    name: by ?? text ?? '–',
    text: text ?? '',
    to: to ?? '–',
    until: until === null ? '' : Math.abs(until - Date.now()) < 20 * 3600_000 ? hourMinute(until) : dayAndTime(until),
    from: from ? severityWord(from) : '',
    severity: severity ? severityWord(severity) : '',
    source: sourceWord(row.source),
  }
  if (by === null && what === 'suppress') return happened('suppressedByRule', params)
  if (by === null && what === 'unsuppress') return happened('liftedByRule', params)
  if (what === 'acknowledge' && text) return happened('acknowledgedSaying', params)
  if (what === 'claim' && to) return happened('tookOver', params)
  if (what === 'take-out-of-service' && until !== null) return happened('outOfServiceUntil', params)
  return isKnown(what) ? happened(what, params) : what
}

type Known = Parameters<typeof happened>[0]
const happenings = [
  'raised',
  're-raised',
  'worsened',
  'eased',
  'cleared',
  'expired',
  'ended',
  'claim-lost',
  'escalated',
] as const satisfies readonly Known[]
const known: ReadonlySet<string> = new Set<Known>([...verbs, ...happenings])
const isKnown = (what: string): what is Known => known.has(what)
