import { afterAll, beforeAll, expect, test } from 'vitest'
import { freshStores } from '../../tests/support/stores.ts'
import { until } from '../../tests/support/until.ts'
import { silent } from '../../tests/support/write-path.ts'
import { watchForCutOff } from './cut-off.ts'

let stores: Awaited<ReturnType<typeof freshStores>>
beforeAll(async () => {
  stores = await freshStores()
})
afterAll(() => stores?.drop())

function watch(uri: string, reachable: () => boolean) {
  const state = { ended: 0, looked: 0 }
  const watching = watchForCutOff({
    uri,
    reachable: () => {
      state.looked++
      return reachable()
    },
    logger: silent,
    end: () => state.ended++,
    everyMs: 100,
  })
  return { state, stop: watching.stop }
}

test('a node whose steps fail while the database serves others ends', async () => {
  const { state, stop } = watch(stores.mongoUrl, () => false)
  await until('it ends', () => state.ended > 0)
  stop()
})

test('an outage for everybody, or one bad moment, ends nobody', async () => {
  const outage = watch('mongodb://127.0.0.1:1/nobody', () => false)
  let asked = 0
  const moment = watch(stores.mongoUrl, () => asked++ % 6 === 0)
  await until('both have looked often', () => outage.state.looked > 8 && moment.state.looked > 40)
  expect([outage.state.ended, moment.state.ended]).toEqual([0, 0])
  outage.stop()
  moment.stop()
})
