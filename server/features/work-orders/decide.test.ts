import { expect, test } from 'vitest'
import { orderDoc } from '../../../tests/support/orders.ts'
import { must } from '../../core/must.ts'
import {
  acted,
  advanced,
  again,
  failed,
  givenBack,
  interrupted,
  isHeldBy,
  letGo,
  mostInterruptions,
  repeats,
  succeeded,
  taken,
  withStep,
} from './decide.ts'
import { freshSteps, orderNumber, type OrderDoc } from './model.ts'
import { presentOrder } from './row.ts'

const order = (more: Partial<OrderDoc> = {}) => orderDoc({ steps: freshSteps(['make', 'convert']), ...more })
const running = (worker = 'w1') => must(taken(order(), worker, 1, 10), 'it can be taken')
const mine = (doc: OrderDoc) => must(doc.holder, 'somebody holds it')

test('only one worker gets an attempt, and only the attempt it was handed', () => {
  const doc = running()
  expect(doc).toMatchObject({ state: 'running', fence: 1, holder: { worker: 'w1', fence: 1 } })
  expect(taken(doc, 'w2', 1, 11)).toBeNull()
  expect(taken(order({ attempt: 2 }), 'w2', 1, 11)).toBeNull()
  expect(taken(order({ state: 'paused' }), 'w2', 1, 11)).toBeNull()
  expect(taken(order({ hold: { command: 'c', node: 'n' } }), 'w2', 1, 11)).toBeNull()
})

test('a worker that was taken for dead writes nothing any more', () => {
  const old = running()
  const lost = must(interrupted(old, 'w1', 20), 'its worker is gone')
  const later = must(taken(again(lost), 'w2', 2, 30), 'the next takes it')
  const zombie = mine(old)
  expect(isHeldBy(later, zombie)).toBe(false)
  for (const write of [
    advanced(later, zombie, () => ({})),
    succeeded(later, zombie, 40),
    failed(later, zombie, { code: 'fault', step: null, message: '' }, 40),
    givenBack(later, zombie),
    letGo(later, zombie),
  ])
    expect(write).toBeNull()
})

test('the same worker under an older fence is refused too', () => {
  const first = running()
  const back = must(givenBack(first, mine(first)), 'its lock was taken')
  const second = must(taken(back, 'w1', 1, 12), 'it is its turn')
  expect(advanced(second, mine(first), () => ({}))).toBeNull()
  expect(advanced(second, mine(second), () => ({}))).not.toBeNull()
})

test('an interrupted order repeats by itself until it ran three times, then it stays failed', () => {
  let doc = order()
  for (let n = 1; n <= mostInterruptions; n++) {
    doc = must(interrupted(must(taken(doc, `w${n}`, n, n), 'taken'), `w${n}`, n), 'interrupted')
    expect(doc.error?.code).toBe('interrupted')
    expect(repeats(doc)).toBe(n < mostInterruptions)
    if (n < mostInterruptions) doc = again(doc)
  }
  expect(doc.attempts.map(({ n }) => n)).toEqual([1, 2])
  // A person who asks for it gives it three more.
  expect(must(acted(doc, 're-execute', 9), 'failed may').interruptions).toBe(0)
})

test('the next attempt keeps finished steps and begins the failed one anew', () => {
  const begun = running()
  const steps = withStep(begun.steps, 'make', { state: 'succeeded', percent: 100, output: { path: 'x' } })
  const doc = { ...begun, steps: withStep(steps, 'convert', { state: 'running', percent: 40, bytesDone: 4 }) }
  const next = again(
    must(failed(doc, mine(doc), { code: 'disk.no-space', step: 'convert', message: '' }, 5), 'its own'),
  )
  expect(next.steps.map(({ state, kept, percent }) => [state, kept, percent])).toEqual([
    ['succeeded', true, 100],
    ['pending', false, 0],
  ])
  expect(next.attempts[0]?.steps.map(({ state }) => state)).toEqual(['succeeded', 'failed'])
})

test('a running order that is cancelled keeps its holder until its process has ended', () => {
  const doc = running()
  const cancelled = must(acted(doc, 'cancel', 20), 'running may be cancelled')
  expect(cancelled).toMatchObject({ state: 'cancelled', holder: doc.holder, unsettled: true })
  expect(presentOrder(cancelled, false).stopping).toBe(true)
  expect(must(letGo(cancelled, mine(doc)), 'it stopped').holder).toBeNull()
  expect(must(interrupted(cancelled, 'w1', 30), 'its worker died').state).toBe('cancelled')
})

test('a hundred percent is shown only of what succeeded', () => {
  const doc = running()
  const all = { ...doc, steps: doc.steps.map((step) => ({ ...step, state: 'succeeded' as const, percent: 100 })) }
  expect(presentOrder(all, false).percent).toBe(99)
  expect(presentOrder(must(succeeded(all, mine(doc), 9), 'its own'), false).percent).toBe(100)
})

test('a number says when and what, and the same command makes the same', () => {
  const at = Date.UTC(2026, 10, 23, 8, 1, 2)
  expect(orderNumber('disk-check', at, 'acme:ann:k1')).toMatch(/^WO-20261123080102-disk-check-[A-Z2-7]{6}$/)
  expect(orderNumber('disk-check', at, 'a')).toBe(orderNumber('disk-check', at, 'a'))
  expect(orderNumber('disk-check', at, 'a')).not.toBe(orderNumber('disk-check', at, 'b'))
})
