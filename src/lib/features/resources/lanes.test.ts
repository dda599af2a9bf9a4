import { expect, it } from 'vitest'
import type { Series } from '#contract/resources'
import { locale } from '../../i18n/locale.svelte.ts'
import { nearest, valueAt } from './lanes.ts'
import { evidenceLine, verdictSentence } from './verdict-texts.ts'

const series: Series = {
  at: [0, 20_000, 40_000, 200_000],
  figures: { fps: [30, 29, null, 9] },
  gaps: [{ from: 40_000, to: 200_000 }],
  stepMs: 20_000,
  from: 'samples',
}

it('the value of a moment is that of the nearest point, and none in a gap or where nothing was measured', () => {
  expect([9_000, 11_000, 40_000, 120_000, 200_000, 900_000].map((at) => valueAt(series, 'fps', at))).toEqual([
    30,
    29,
    null,
    null,
    9,
    null,
  ])
  expect(nearest([], 5)).toBe(-1)
})

it('a verdict is a sentence with its lead and its neighbours, and evidence says value, limit and since when', () => {
  locale.set('en')
  const steal = {
    kind: 'figure',
    part: 'host',
    figure: 'steal',
    value: 31,
    limit: 10,
    over: true,
    since: null,
  } as const
  const verdict = {
    suspect: 'host',
    rule: 'host.cpu-steal+peers≥3',
    evidence: [
      { ...steal, lead: 84_000 },
      { kind: 'peers', stuttering: 4, of: 41 },
    ],
  } as const
  expect(verdictSentence({ ...verdict, evidence: [...verdict.evidence] })).toBe(
    'The host’s CPU steal is over its limit, 84 s before the stutter, and 4 other desktops of the host stutter, too.',
  )
  expect(evidenceLine({ ...steal, lead: null })).toEqual({ text: 'Host CPU steal 31% (limit 10%)', mark: 'over' })
  expect(evidenceLine({ kind: 'missing', part: 'network' })).toEqual({ text: 'Network: no samples', mark: 'missing' })
})
