import { expect, test } from 'vitest'
import { added, settled, taken, type Decided, type Line } from '../../sync/outbox.ts'
import { tellable } from './my-acts.ts'

const refusal = { type: 'about:blank', title: 'gone', status: 404, code: 'request.not-found', detail: 'gone' }
const decided = (key: string, item: string | null = key): Decided => ({
  key,
  operator: 'lina',
  tenant: null,
  at: 1_000,
  path: '/api/v1/alarms/actions/acknowledge',
  body: {},
  base: null,
  about: { verb: 'acknowledge', item, name: key, count: 1 },
  waited: item !== 'passing',
})
const done = (line: Line, key: string, ...oks: boolean[]) =>
  settled(
    line,
    key,
    { results: oks.map((ok, n) => ({ id: `${key}-${n}`, ok, v: n, ...(!ok && { problem: refusal }) })) },
    2_000,
  )

test('what was refused, also in part, is told first; then what waits, in order; then what came through, the last first', () => {
  const keys = ['done-1', 'waits-1', 'done-2', 'partly', 'refused', 'waits-2', 'passing']
  let line = keys.map((key) => decided(key)).reduce<Line>(added, [])
  line = done(done(done(done(line, 'done-1', true), 'done-2', true), 'partly', true, false), 'refused', false)
  expect(tellable(line).map(({ key }) => key)).toEqual(['refused', 'partly', 'waits-1', 'waits-2', 'done-2', 'done-1'])
})

test('an act on everything is told from the start, one that passes is seen on its row', () => {
  const line = taken([decided('passing'), decided('all', null)].reduce<Line>(added, []), 'passing', 1_500)
  expect(tellable(line).map(({ key }) => key)).toEqual(['all'])
})
