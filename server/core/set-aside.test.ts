import { MongoError } from 'mongodb'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import type { IntakeRecord } from './intake.ts'
import { foldOrSetAside } from './set-aside.ts'

interface Thing {
  id: string
  into: string
}

const batch = (n: number, ...ids: string[]): IntakeRecord<Thing> => {
  const reports = ids.map((id) => ({ id, into: id.slice(0, 1) }))
  return { _id: `node:${n}`, v: 1, node: 'node', n, reports }
}
const idsOf = (batches: IntakeRecord<Thing>[]) => batches.map(({ n, reports }) => [n, reports.map(({ id }) => id)])

/** A fold that throws `error` as long as a report of `poison` is in the step, `times` at most. */
function rig(poison: string[], error: Error = new TypeError('a mistake'), times = Infinity) {
  const state = { folded: [] as unknown[], kept: [] as unknown[], failed: 0 }
  const fold = foldOrSetAside<Thing>(
    async (_incarnation, batches) => {
      const found = batches.some(({ reports }) => reports.some(({ id }) => poison.includes(id)))
      if (found && state.failed++ < times) throw error
      state.folded.push(...idsOf(batches))
    },
    {
      logger: pino({ level: 'silent' }),
      into: ({ into }) => into,
      keep: async (batches, thrown) => void state.kept.push(...idsOf(batches), thrown),
      waitMs: 1,
    },
  )
  return { state, fold }
}

test('what cannot be folded is set aside with its error, the rest of the step is folded', async () => {
  const mistake = new TypeError('of undefined')
  const { state, fold } = rig(['c1'], mistake)
  await fold('node', [batch(1, 'a1', 'b1', 'c1', 'c2'), batch(2, 'd1', 'c3', 'e1')])
  expect(state.kept).toEqual([[1, ['c1', 'c2']], [2, ['c3']], mistake])
  expect(state.folded.flatMap((one) => JSON.stringify(one)).sort()).toEqual(
    [
      [1, ['a1', 'b1']],
      [2, ['d1', 'e1']],
    ].map((one) => JSON.stringify(one)),
  )
})

test('several that cannot be folded are set aside one by one', async () => {
  const { state, fold } = rig(['a1', 'e1'])
  await fold('node', [batch(1, 'a1', 'b1', 'c1', 'd1', 'e1')])
  expect(state.kept.filter(Array.isArray)).toEqual([
    [1, ['a1']],
    [1, ['e1']],
  ])
  expect(state.folded.flat(2)).toEqual(expect.arrayContaining(['b1', 'c1', 'd1']))
})

test('a fold that fails twice and then succeeds sets nothing aside', async () => {
  const { state, fold } = rig(['a1'], new TypeError('not always'), 2)
  await fold('node', [batch(1, 'a1', 'b1')])
  expect(state).toMatchObject({ kept: [], folded: [[1, ['a1', 'b1']]] })
})

test('an outage sets nothing aside: whoever folds hears of it and repeats the step', async () => {
  const { state, fold } = rig(['a1'], new MongoError('away'))
  await expect(fold('node', [batch(1, 'a1', 'b1')])).rejects.toThrow('away')
  expect(state).toMatchObject({ kept: [], folded: [], failed: 1 })
})
