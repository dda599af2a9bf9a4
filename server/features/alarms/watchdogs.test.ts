import { beforeEach, expect, test } from 'vitest'
import { memoryCore } from '../../../tests/support/memory-core.ts'
import type { Report } from './model.ts'
import { SourceDocs, sourceId } from './sources.ts'
import { Watchdogs } from './watchdogs.ts'

const token = { kind: 'token', id: 'acme:token:1', name: 'prometheus' } as const
const silence = 300_000
let now = 1_000_000
let accepted: Report[]
let watchdogs: Watchdogs
let core: ReturnType<typeof memoryCore>

beforeEach(() => {
  now = 1_000_000
  accepted = []
  core = memoryCore({ config: { SILENCE_SECONDS: String(silence / 1000) } })
  watchdogs = new Watchdogs(core, { accept: async (reports) => void accepted.push(...reports) })
})

const source = () => core.views.get(SourceDocs, sourceId('acme', token.id))
const hear = async () => {
  watchdogs.heard('acme', token, now)
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
}
const check = async () => {
  await watchdogs.check(now)
}

test('a sender that never promised to be heard is not missed', async () => {
  now += 10 * silence
  await check()
  expect(accepted).toEqual([])
})

test('heard often, written seldom: silence is measured in minutes', async () => {
  for (let second = 0; second < 60; second++) {
    await hear()
    now += 1_000
  }
  expect(core.batches.length).toBeLessThanOrEqual(2)
})

test('silence raises one alarm, however often it is looked at; the return clears it', async () => {
  await hear()
  now += silence - 1
  await check()
  expect(accepted).toEqual([])
  now += 1
  await check()
  await check()
  expect(accepted).toMatchObject([
    { type: 'source-silent', host: 'prometheus', status: 'firing', severity: 'high', source: 'system' },
  ])
  expect(source()).toMatchObject({ silent: true })
  now += 5_000
  await hear()
  expect(accepted.map(({ status }) => status)).toEqual(['firing', 'cleared'])
  expect(source()).toMatchObject({ silent: false, watchdogAt: now })
})

test('the next silence is a report of its own', async () => {
  for (let round = 0; round < 2; round++) {
    await hear()
    now += silence
    await check()
  }
  expect(accepted.map(({ status }) => status)).toEqual(['firing', 'cleared', 'firing'])
  expect(new Set(accepted.map(({ id }) => id)).size).toBe(3)
})
