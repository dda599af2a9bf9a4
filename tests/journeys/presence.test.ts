/** Who looks at what: told while it is so, gone when it is not, also when a console only falls silent. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Frame } from '#wire'
import { must } from '../../server/core/must.ts'
import { peopleIn } from '../../src/lib/sync/presence.ts'
import { WatchingConsole } from '../support/console.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { until } from '../support/until.ts'

let deskwatch: Deskwatch
beforeAll(async () => (deskwatch = await startDeskwatch({ nodes: 2 })))
afterAll(() => deskwatch?.stop())

async function watch(node: number) {
  const url = must(deskwatch.nodes[node], 'it runs').url
  const console = await WatchingConsole.open(url, await deskwatch.signIn('operator@acme', node))
  let values: Record<string, unknown> = {}
  console.socket.on('f', ({ k }: Frame) => (values = { ...values, ...k }))
  const writing = () => peopleIn(values).some(({ item, act }) => item === 'ALARM-1' && act === 'editing')
  return { console, writing }
}

test('a console that is frozen is gone from all screens of both nodes, without a word of its own', async () => {
  const watchers = await Promise.all([watch(0), watch(1)])
  const url = must(deskwatch.nodes[0], 'it runs').url
  const cookie = must((await deskwatch.signIn('operator2@acme')).cookie, 'signed in')
  const script = fileURLToPath(new URL('../support/frozen-console.ts', import.meta.url))
  const child = spawn(process.execPath, [script, url, cookie, 'ALARM-1'], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    for (const { writing } of watchers) await until('he is seen writing', writing)
    child.kill('SIGSTOP')
    const frozenAt = performance.now()
    const after: number[] = []
    for (const { writing } of watchers) {
      await until('he is gone', () => !writing(), 10)
      after.push(Math.round((performance.now() - frozenAt) / 100) / 10)
    }
    console.log(`gone ${after.join(' s and ')} s after the freeze`)
    expect(after).toHaveLength(2)
  } finally {
    child.kill('SIGCONT')
    child.kill('SIGKILL')
    for (const { console } of watchers) console.close()
  }
})
