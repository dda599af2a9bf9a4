/** What came of an act, and why some of it did not. */
import * as z from 'zod/mini'
import { AlarmState, type AlarmFilter } from '#contract/alarms'
import type { Verb } from '#machine/alarms'
import { ActResult, type Problem } from '#wire'
import { problemText } from '../../i18n/common.ts'
import { hourMinuteSecond } from '../../i18n/time.ts'
import { act } from '../../sync/send.ts'
import { actText } from './act-texts.ts'
import { stateWord } from './words.ts'

const Results = z.object({ results: z.array(ActResult) })
const mostIds = 500

export type Target =
  { ids: readonly string[] } | { selection: string } | { items: readonly { id: string; v: number }[] }
export type Body = Record<string, unknown>

/** One act on many: in parts of what the server takes at once, a result per alarm; `partly` after each part. */
export async function perform(
  verb: Verb,
  target: Target,
  body: Body,
  partly: (results: readonly ActResult[]) => void = () => undefined,
): Promise<ActResult[]> {
  const path = `/api/v1/alarms/actions/${verb}`
  if ('selection' in target) return (await act(path, { ...body, ...target }, Results)).results
  const whole = 'ids' in target ? target.ids : target.items
  const results: ActResult[] = []
  for (let from = 0; from < whole.length; from += mostIds) {
    const part =
      'ids' in target
        ? { ids: target.ids.slice(from, from + mostIds) }
        : { items: target.items.slice(from, from + mostIds) }
    results.push(...(await act(path, { ...body, ...part }, Results)).results)
    partly(results)
  }
  return results
}

const Selection = z.object({ id: z.string(), count: z.number(), bySeverity: z.record(z.string(), z.number()) })
/** Everything the filter matched at one moment. */
export interface Everything extends z.infer<typeof Selection> {
  at: number
}

/** What comes later is not meant. */
export async function fixSelection(filter: AlarmFilter): Promise<Everything> {
  return { ...(await act('/api/v1/alarm-selections', { filter }, Selection)), at: Date.now() }
}

export interface Sorted {
  changed: ActResult[]
  already: ActResult[]
  refused: ActResult[]
}

export function sorted(results: readonly ActResult[]): Sorted {
  return {
    changed: results.filter(({ ok, changed }) => ok && changed !== false),
    already: results.filter(({ ok, changed }) => ok && changed === false),
    refused: results.filter(({ ok }) => !ok),
  }
}

const Why = z.object({
  by: z.optional(z.nullable(z.string())),
  at: z.optional(z.number()),
  state: z.optional(AlarmState),
  what: z.optional(z.string()),
})

/** Names who was first, and when. */
export function whyRefused(problem: Problem | undefined): string {
  if (!problem) return ''
  const { by, at, state, what } = Why.safeParse(problem.params ?? {}).data ?? {}
  const who = by && at !== undefined ? { name: by, time: hourMinuteSecond(at) } : null
  if (problem.code === 'request.not-found') return actText('whyEnded')
  if (problem.code === 'claim.taken' && who) return actText('whyTaken', who)
  if (problem.code === 'version.conflict' && who) return actText('whyConflict', who)
  if (problem.code === 'version.conflict' && at !== undefined && (what === 'raised' || what === 're-raised'))
    return actText('whyRaisedAnew', { time: hourMinuteSecond(at) })
  if (problem.code === 'state.conflict' && state) {
    const params = { state: stateWord(state) }
    return who ? actText('whyStateBy', { ...params, ...who }) : actText('whyState', params)
  }
  return problemText(problem)
}
