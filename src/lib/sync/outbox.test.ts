import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  added,
  bodyOf,
  dismissed,
  held,
  isFull,
  isOpen,
  judged,
  mostQueued,
  nextOf,
  returned,
  settled,
  taken,
  tidied,
  withdrawn,
  type Decided,
  type Line,
} from './outbox.ts'

const decided = (key: string, more: Partial<Decided> = {}): Decided => ({
  key,
  operator: 'lina',
  tenant: null,
  at: 1_000,
  path: '/api/v1/alarms/actions/acknowledge',
  body: {},
  base: { id: 'a', v: 10 },
  about: { verb: 'acknowledge', item: 'a', name: 'ACME-1', count: 1 },
  waited: true,
  ...more,
})
const lineOf = (...acts: Decided[]): Line => acts.reduce<Line>(added, [])
const get = (line: Line, key: string) => line.find((act) => act.key === key)
const problem = (status: number, code: string) => ({ type: 'about:blank', title: code, status, code, detail: code })
const ok = (id: string, v: number) => ({ id, ok: true, v, changed: true })

test('acts are sent in the order in which they were decided', () => {
  let line = lineOf(decided('first'), decided('second'), decided('third'))
  const sent: string[] = []
  for (let next = nextOf(line, 'lina'); next; next = nextOf(line, 'lina')) {
    sent.push(next.key)
    line = settled(taken(line, next.key, 5), next.key, { results: [ok('a', 11)] }, 6)
  }
  expect(sent).toEqual(['first', 'second', 'third'])
})

test('what waits for another operator is never next', () => {
  const line = lineOf(decided('hers'), decided('his', { operator: 'wang' }))
  expect(nextOf(line, 'wang')?.key).toBe('his')
  expect(nextOf(line, 'nobody')).toBeUndefined()
})

test('what certainly has not arrived can be taken back; what may have arrived cannot', () => {
  const line = lineOf(decided('one'))
  expect(withdrawn(line, 'one')).toEqual([])
  const unknown = returned(taken(line, 'one', 5), 'one', true)
  expect(withdrawn(unknown, 'one')).toHaveLength(1)
  expect(withdrawn(taken(line, 'one', 5), 'one')).toHaveLength(1)
  const refusedAtTheDoor = returned(taken(line, 'one', 5), 'one', false)
  expect(withdrawn(refusedAtTheDoor, 'one')).toEqual([])
  const earlierUnknown = returned(taken(unknown, 'one', 9), 'one', false)
  expect(withdrawn(earlierUnknown, 'one')).toHaveLength(1)
})

test('a later act on the same alarm builds on what the earlier one made, unless it has left already', () => {
  const line = lineOf(decided('ack'), decided('claim'), decided('other', { base: { id: 'b', v: 10 } }))
  const after = settled(taken(line, 'ack', 5), 'ack', { results: [ok('a', 14)] }, 6)
  expect(after.filter(({ key }) => key === 'claim').map(bodyOf)).toEqual([{ items: [{ id: 'a', v: 14 }] }])
  expect(get(after, 'other')?.base).toEqual({ id: 'b', v: 10 })
  const left = settled(returned(taken(line, 'claim', 4), 'claim', true), 'ack', { results: [ok('a', 14)] }, 6)
  expect(get(left, 'claim')?.base).toEqual({ id: 'a', v: 10 })
})

test('a refused act leaves what waits behind it as it was decided', () => {
  const refusal = { id: 'a', ok: false, problem: problem(412, 'version.conflict') }
  const line = settled(lineOf(decided('ack'), decided('claim')), 'ack', { results: [refusal] }, 6)
  expect(get(line, 'ack')).toMatchObject({ state: 'refused', problem: { code: 'version.conflict' } })
  expect(get(line, 'claim')?.base).toEqual({ id: 'a', v: 10 })
})

test('a refusal stays until it is read; what was done leaves by itself after ten minutes', () => {
  const both = lineOf(decided('done'), decided('refused'))
  const one = settled(both, 'done', { results: [ok('a', 11)] }, 0)
  const ended = settled(one, 'refused', { problem: problem(409, 'claim.taken') }, 0)
  expect(tidied(ended, 9 * 60_000)).toHaveLength(2)
  expect(tidied(ended, 24 * 3600_000).map(({ key }) => key)).toEqual(['refused'])
  expect(dismissed(ended, 'refused').map(({ key }) => key)).toEqual(['done'])
  expect(dismissed(both, 'done')).toHaveLength(2)
})

test('what one is told about as waiting stays marked so; only the own acts are', () => {
  const line = lineOf(decided('hers', { waited: false }), decided('his', { operator: 'wang', waited: false }))
  expect(held(line, 'lina').map(({ waited }) => waited)).toEqual([true, false])
})

test('the same act is kept once, and a full line says so', () => {
  expect(lineOf(decided('one'), decided('one'))).toHaveLength(1)
  const full = lineOf(...Array.from({ length: mostQueued }, (_, n) => decided(`act ${n}`)))
  expect(isFull(full)).toBe(true)
  expect(added(full, decided('one too many'))).toHaveLength(mostQueued)
})

test('an answer means again, not mine, or final', () => {
  const first = { attempts: 1 }
  expect(judged(problem(0, 'network.unreachable'), first)).toBe('again')
  expect(judged(problem(503, 'store.unavailable'), first)).toBe('again')
  expect(judged(problem(429, 'rate.limited'), first)).toBe('again')
  expect(judged(problem(401, 'auth.required'), first)).toBe('not-mine')
  expect(judged(problem(412, 'auth.other-operator'), first)).toBe('not-mine')
  expect(judged(problem(409, 'claim.taken'), first)).toBe('final')
  expect(judged(problem(404, 'request.not-found'), first)).toBe('final')
  expect(judged(problem(0, 'network.unexpected'), first)).toBe('again')
  expect(judged(problem(0, 'network.unexpected'), { attempts: 8 })).toBe('final')
})

test('whatever network and app do, every act has one effect and one end, in order', () => {
  const trouble = fc.constantFrom('arrives', 'answer lost', 'never left', 'killed before', 'killed after')
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.array(trouble, { maxLength: 40 }), (count, troubles) => {
      const keys = Array.from({ length: count }, (_, n) => `act ${n}`)
      let line = lineOf(...keys.map((key) => decided(key)))
      const effects: string[] = []
      const answers = new Map<string, number>()
      const server = (key: string) => {
        if (!answers.has(key)) answers.set(key, 11 + effects.push(key))
        return { results: [ok('a', answers.get(key) ?? 0)] }
      }
      const happen = [...troubles, ...keys.map(() => 'arrives' as const)]
      for (const what of happen) {
        const next = nextOf(line, 'lina')
        if (!next) break
        line = taken(line, next.key, 5)
        if (what === 'arrives') line = settled(line, next.key, server(next.key), 6)
        if (what === 'answer lost' || what === 'killed after') server(next.key)
        // The app was killed: the line is as it was written down last, with the act on its way.
        if (what === 'answer lost' || what === 'never left') line = returned(line, next.key, true)
      }
      expect(effects).toEqual(keys)
      expect(line.some(isOpen)).toBe(false)
      expect(line.every(({ state }) => state === 'done')).toBe(true)
    }),
  )
})
