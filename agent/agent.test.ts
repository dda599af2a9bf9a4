import { mkdtempSync, readdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { AgentAck } from '../server/fleet/agent-contract.ts'
import { MachineSampler } from './machine.ts'
import { Outbox, type Report } from './outbox.ts'
import { StateFile } from './state.ts'
import { stutterReport } from './stutter.ts'

const report = (id: string): Report => ({ id, severity: 'low' })
const accepted: AgentAck = { accepted: true, now: 0 }

test('a report without an answer goes out again under the same id, in order', async () => {
  const sent: string[] = []
  let answers = 0
  const done: string[] = []
  const outbox = new Outbox({
    retryMs: 1,
    send: async ({ id }) => {
      sent.push(id)
      if (++answers <= 2) throw new Error('no answer')
      return accepted
    },
    onDropped: () => expect.unreachable(),
    onAccepted: ({ id }) => void done.push(id),
  })
  outbox.put(report('a'))
  outbox.put(report('b'))
  expect(sent).toEqual([])
  outbox.open()
  await vi.waitFor(() => expect(done).toEqual(['a', 'b']))
  expect(sent).toEqual(['a', 'a', 'a', 'b'])
})

test('an overloaded server is asked again after the time it named, a refused report is given up', async () => {
  const answers: AgentAck[] = [
    { accepted: false, code: 'intake.overloaded', retryAfter: 5 },
    { accepted: false, code: 'request.invalid', errors: [{ path: 'severity', message: 'bad' }] },
    accepted,
  ]
  const dropped: string[] = []
  const done: string[] = []
  const outbox = new Outbox({
    send: async () => answers.shift() ?? accepted,
    onDropped: ({ id }) => void dropped.push(id),
    onAccepted: ({ id }) => void done.push(id),
  })
  outbox.open()
  outbox.put(report('a'))
  outbox.put(report('b'))
  await vi.waitFor(() => expect(done).toEqual(['b']))
  expect(dropped).toEqual(['a'])
})

test('the outbox is bounded: the oldest report is given up and said so', () => {
  const dropped: string[] = []
  const outbox = new Outbox({ most: 2, send: async () => accepted, onDropped: ({ id }) => void dropped.push(id) })
  for (const id of ['a', 'b', 'c']) outbox.put(report(id))
  expect(dropped).toEqual(['a'])
  expect(outbox.waiting).toBe(2)
})

test('the machine is measured for real, and what cannot be measured is left out', async () => {
  const sampler = new MachineSampler()
  await sampler.read()
  await new Promise((resolve) => setTimeout(resolve, 50))
  const sample = await sampler.read()
  expect(sample.memory).toBeGreaterThan(0)
  expect(sample.memory).toBeLessThanOrEqual(100)
  expect(sample.disk).toBeGreaterThan(0)
  expect(sample).not.toHaveProperty('fps')
})

test('the secret is on disk before it is used, and nobody else may read it', () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'deskwatch-agent-')), 'state')
  const file = new StateFile(folder, 'CAD 1')
  const state = file.open()
  expect(state.secret).toMatch(/^[\w-]{43}$/)
  expect(new StateFile(folder, 'cad 1').open()).toEqual(state)
  const [name = ''] = readdirSync(folder)
  expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
})

test('a typed line becomes a stutter report, a wrong one an explanation', () => {
  expect(stutterReport(['critical', 'fps=9', 'rtt=412'], { cpu: 20 })).toMatchObject({
    severity: 'critical',
    summary: 'RTT 412 ms · 9 fps',
    readings: { fps: 9, rtt: 412, cpu: 20 },
  })
  expect(stutterReport(['awful'], {})).toContain('severity must be one of')
  expect(stutterReport(['low', 'fps=many'], {})).toContain('name=number')
})
