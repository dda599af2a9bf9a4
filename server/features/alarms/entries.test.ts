import { expect, test } from 'vitest'
import { report } from '../../../tests/support/reports.ts'
import { must } from '../../core/must.ts'
import { noted, pushedOut } from './entries.ts'
import { finished, fold } from './fold.ts'
import { shown } from './holds.ts'
import type { AlarmDoc, Report } from './model.ts'

const begin = (): AlarmDoc => ({ ...folded(null, [{}]), v: 1 })
let batches = 0
function folded(doc: AlarmDoc | null, given: Partial<Report>[]): AlarmDoc {
  const arrivals = given.map((one) => ({ report: report(one), fresh: true, batch: ++batches }))
  return must(fold('acme:x', doc, arrivals, 'node', 300_000), 'there is news')
}
const note = (doc: AlarmDoc, text: string) => noted(doc, { at: 0, what: 'note', by: 'Li Na', byId: 'x', text })
const numbers = (entries: readonly { n: number }[] = []) => entries.map(({ n }) => n)
const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1)

test('what a document forgets was stored before, and nothing is in neither place', () => {
  let doc = begin()
  const stored: number[] = []
  for (let n = 0; n < 30; n++) {
    // Every third one is several at once, as a batch of reports brings them.
    const next = upTo(n % 3 === 0 ? 5 : 1).reduce((one, k) => note(one, `${n} ${k}`), doc)
    stored.push(...numbers(pushedOut(doc, next)))
    doc = { ...next, v: doc.v + 1 }
    expect([...new Set([...stored, ...numbers(doc.lastEntries)])].sort((a, b) => a - b)).toEqual(upTo(doc.entries ?? 0))
  }
  expect(doc.lastEntries?.length).toBeLessThanOrEqual(10)
})

test('an entry that is not committed yet is never pushed out, since its number may become another’s', () => {
  const before = begin()
  const next = upTo(12).reduce((doc, n) => note(doc, `${n}`), before)
  expect(numbers(pushedOut(before, next))).toEqual([1])
  expect(numbers(next.lastEntries)).toEqual(upTo(13).slice(1))
})

test('the end of an episode takes its entries along, also when the next one begins in the same write', () => {
  const before = upTo(8).reduce((doc, n) => ({ ...note(doc, `${n}`), v: doc.v + 1 }), begin())
  const acknowledged = shown({ ...before, acknowledgedAt: 1 })
  const next = folded(acknowledged, [{ status: 'cleared' }, {}])
  expect(next.episode).toBe(2)
  expect(numbers(next.lastEntries)).toEqual([1])
  const [ended] = next.ended ?? []
  expect(numbers(ended?.lastEntries)).toEqual([5, 6, 7, 8, 9, 10])
  expect(pushedOut(acknowledged, next)).toMatchObject([{ _id: `${must(ended, 'in history')._id}:4`, n: 4, text: '3' }])
  expect(finished(next)).toBe(next)
})

test('a batch with hundreds of ups and downs keeps the last of them, and the count says how many there were', () => {
  const flaps = upTo(200).map((n): Partial<Report> => (n % 2 ? { status: 'cleared' } : {}))
  const next = folded(begin(), flaps)
  expect(next.entries).toBe(201)
  expect(numbers(next.lastEntries)).toEqual(upTo(201).slice(-20))
})
