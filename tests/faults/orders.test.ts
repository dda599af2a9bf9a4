import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { appendFile, mkdir, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import Bull from 'bull'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Problem } from '#wire'
import { must } from '../../server/core/must.ts'
import type { Client } from '../support/client.ts'
import { act, readOrder } from '../support/orders.ts'
import { until } from '../support/until.ts'
import { OrderRig } from './orders/rig.ts'

let rig: OrderRig
let admin: Client
const steps = ['make', 'convert', 'check', 'compare']
const once = Object.fromEntries(steps.map((step) => [step, 1]))
const slow = { dataMiB: 8, rateMiB: 4 }

const mayMount = process.getuid?.() === 0
const mount = (options: string) => execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', workDir()])
const workDir = () => join(rig.made.dir, 'work')

beforeAll(async () => {
  const env = { ORDER_QUIET_MS: '4000', WORKER_SLOTS: '6', DRAIN_MS: '2000', LEASE_EXPIRE_MS: '2500' }
  rig = await OrderRig.start({ workers: 2, env })
  admin = await rig.signIn()
  await mkdir(workDir(), { recursive: true })
  if (mayMount) mount('size=512m')
})
afterAll(async () => {
  if (mayMount) execFileSync('umount', ['--lazy', workDir()])
  await rig?.end()
})

const folderOf = (number: string) => join(workDir(), 'acme', number)
/** Processes whose command line names the order's folder. */
const processesOf = (number: string): number[] =>
  readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folderOf(number))
      } catch {
        return false // it ended between the list and the look
      }
    })
    .map(Number)

test('an order that is handed over again and again, also at the same time, runs once', async () => {
  const [order] = await rig.order(admin, 1, slow)
  const id = must(order, 'made').id
  const queue = new Bull('deskwatch', rig.made.redis.url)
  const again = (n: number) => queue.add('order', { order: id, attempt: 1 }, { jobId: `again-${n}` })
  await Promise.all([1, 2, 3].map(again))
  await rig.heard(id, 'a step begins', 'convert')
  await Promise.all([4, 5, 6].map(again))
  expect(await rig.untilState(admin, id, ['succeeded', 'failed'])).toMatchObject({ state: 'succeeded', attempt: 1 })
  await again(7)
  await until('what was handed over is done', async () => (await queue.getJobCounts()).active === 0)
  await queue.close()
  expect(rig.endsOf(id)).toEqual(once)
  await until('nothing of it is left', () => !existsSync(folderOf(must(order, 'made').number)))
})

test('a worker killed in any step: the order is found, moves on elsewhere, and no finished step is done twice', async () => {
  for (const step of steps) {
    const [order] = await rig.order(admin, 1, { dataMiB: 4 })
    const id = must(order, 'made').id
    await rig.kill(await rig.heard(id, 'a step begins', step))
    const ended = await rig.untilState(admin, id, ['succeeded'])
    expect(rig.endsOf(id), step).toEqual(once)
    for (const attempt of ended.attempts)
      expect(attempt).toMatchObject({ state: 'failed', error: { code: 'interrupted' } })
    await until('no process of it is left', () => processesOf(ended.number).length === 0)
  }
})

test('a worker frozen for longer than its lease loses its order, and does no harm when it wakes', async () => {
  const [order] = await rig.order(admin, 1, { dataMiB: 12, rateMiB: 2 })
  const id = must(order, 'made').id
  const runner = await rig.heard(id, 'a step begins', 'convert')
  const child = must(rig.workers[runner], 'it runs').child
  const freezing = rig.freeze(runner, 9_000)
  await until('somebody else has it', async () => (await readOrder(admin, id)).attempt === 2, 20)
  await freezing
  await until('it has ended', () => child.exitCode === 1, 20)
  const ended = await rig.untilState(admin, id, ['succeeded'])
  expect(ended.attempts).toMatchObject([{ n: 1, state: 'failed', error: { code: 'interrupted', step: 'convert' } }])
  expect(rig.endsOf(id)).toEqual(once)
})

test('Redis emptied while orders wait and run: each runs once', async () => {
  const orders = await rig.order(admin, 16, { dataMiB: 4, rateMiB: 4 })
  await Promise.any(orders.map(({ id }) => rig.heard(id, 'a step begins', 'convert')))
  await rig.flushRedis()
  for (const { id } of orders) await rig.untilState(admin, id, ['succeeded'])
  for (const { id } of orders) expect(rig.endsOf(id)).toEqual(once)
})

test('the database killed while orders run: they end as if nothing had been', async () => {
  const orders = await rig.order(admin, 6, { dataMiB: 6, rateMiB: 3 })
  await Promise.any(orders.map(({ id }) => rig.heard(id, 'a step begins', 'convert')))
  await rig.made.mongo.kill()
  await rig.made.startMongo()
  for (const { id } of orders) await rig.untilState(admin, id, ['succeeded'])
  for (const { id } of orders) expect(rig.endsOf(id)).toEqual(once)
})

test('cancelled while it runs: the real process ends, and nothing half-made is left', async () => {
  const [order] = await rig.order(admin, 1, { dataMiB: 32, rateMiB: 1 })
  const { id, number } = must(order, 'made')
  await rig.heard(id, 'a step begins', 'convert')
  await until('its program runs', () => processesOf(number).length > 0)
  expect((await act(admin, id, 'cancel')).status).toBe(200)
  await rig.untilState(admin, id, ['cancelled'])
  expect(processesOf(number)).toEqual([])
  await until('its files are gone', () => !existsSync(folderOf(number)))
})

test('a step that makes no progress fails by that name, and its process is ended', async () => {
  const [order] = await rig.order(admin, 1, { dataMiB: 32, rateMiB: 2 })
  const { id, number } = must(order, 'made')
  await rig.heard(id, 'a step begins', 'convert')
  await until('its program runs', () => processesOf(number).length > 0)
  for (const pid of processesOf(number)) process.kill(pid, 'SIGSTOP')
  const ended = await rig.untilState(admin, id, ['failed'])
  expect(ended.error).toMatchObject({ code: 'no-progress', step: 'convert' })
  expect(processesOf(number)).toEqual([])
  // What its finished step made is kept for the next attempt, the half-made copy is not.
  expect(existsSync(join(folderOf(number), '1/source.qcow2'))).toBe(true)
  expect(existsSync(join(folderOf(number), '1/copy.qcow2'))).toBe(false)
  // Somebody changed what was kept: the checksum does not hold, so that step runs again.
  await appendFile(join(folderOf(number), '1/source.qcow2'), 'x')
  expect((await act(admin, id, 're-execute')).status).toBe(200)
  await rig.heard(id, 'a step ended', 'make', 2)
  expect((await act(admin, id, 'cancel')).status).toBe(200)
  await rig.untilState(admin, id, ['cancelled'])
})

test('pause against dispatch: either it is paused and does not run, or it runs and the pause is told so', async () => {
  const orders = await Promise.all(Array.from({ length: 12 }, async () => must((await rig.order(admin, 1))[0], 'made')))
  const answers = await Promise.all(orders.map(({ id }) => act(admin, id, 'pause')))
  const paused: string[] = []
  for (const [n, { id }] of orders.entries()) {
    const answer = must(answers[n], 'every pause was answered')
    if (answer.status === 200) paused.push(id)
    else expect(answer.as<Problem>().params?.['state']).toMatch(/^(running|succeeded)$/)
  }
  const others = orders.filter(({ id }) => !paused.includes(id))
  for (const { id } of others) await rig.untilState(admin, id, ['succeeded'])
  for (const id of paused) {
    expect((await readOrder(admin, id)).state).toBe('paused')
    expect(rig.endsOf(id)).toEqual({})
  }
  if (paused.length) expect((await admin.post('/work-orders/actions/resume', { ids: paused })).status).toBe(200)
  for (const { id } of orders) await rig.untilState(admin, id, ['succeeded'])
  for (const { id } of orders) expect(rig.endsOf(id)).toEqual(once)
})

test('orders on the same thing run one after another, and the one that waits says for which', async () => {
  const orders = await rig.order(admin, 3, { dataMiB: 4, rateMiB: 4, lock: 'pc-1' })
  const [first, second] = orders
  await rig.heard(must(first, 'made').id, 'a step begins', 'convert')
  expect((await readOrder(admin, must(second, 'made').id)).wait).toEqual({ why: 'locked', by: first?.number })
  for (const { id } of orders) await rig.untilState(admin, id, ['succeeded'])
  const spans = orders.map(({ id }) => {
    const times = (msg: string) => rig.told.filter((one) => one.order === id && one.msg === msg).map(({ time }) => time)
    return [Math.min(...times('a step begins')), Math.max(...times('a step ended'))] as const
  })
  spans.sort(([a], [b]) => a - b)
  for (const [index, [begin]] of spans.entries())
    if (index > 0) expect(begin).toBeGreaterThanOrEqual(must(spans[index - 1], 'before')[1])
})

test("one tenant's many orders do not keep another's one waiting", async () => {
  const many = await rig.order(admin, 30, { dataMiB: 2, rateMiB: 2 })
  const globex = await rig.signIn('admin@globex')
  const [one] = await rig.order(globex, 1)
  await rig.untilState(globex, must(one, 'made').id, ['succeeded'])
  const waiting = await Promise.all(many.map(async ({ id }) => (await readOrder(admin, id)).state))
  expect(waiting.filter((state) => state === 'scheduled').length).toBeGreaterThan(0)
  const left = many.filter((_, index) => waiting[index] === 'scheduled').map(({ id }) => id)
  await admin.post('/work-orders/actions/cancel', { ids: left })
})

test('a worker asked to end lets its order go to another, and that counts against nobody', async () => {
  const [order] = await rig.order(admin, 1, { dataMiB: 16, rateMiB: 4 })
  const { id } = must(order, 'made')
  expect(await rig.drain(await rig.heard(id, 'a step begins', 'convert'))).toBe(0)
  const ended = await rig.untilState(admin, id, ['succeeded'])
  expect(ended).toMatchObject({ interruptions: 0, attempts: [{ error: { code: 'drained' } }] })
  expect(rig.endsOf(id)).toEqual(once)
})

test('an order that ends three workers stays failed, until a person asks for it again', async () => {
  const [order] = await rig.order(admin, 1, { dataMiB: 4, rateMiB: 2 })
  const { id } = must(order, 'made')
  for (let n = 1; n <= 3; n++) await rig.kill(await rig.heard(id, 'a step begins', 'convert', n))
  await until('it stays failed', async () => {
    const { state, interruptions } = await readOrder(admin, id)
    return state === 'failed' && interruptions === 3
  })
  expect(await readOrder(admin, id)).toMatchObject({ attempt: 3, error: { code: 'interrupted' } })
  expect((await act(admin, id, 're-execute')).status).toBe(200)
  const ended = await rig.untilState(admin, id, ['succeeded'])
  expect(ended.attempts.map(({ n }) => n)).toEqual([1, 2, 3])
})

test.skipIf(!mayMount)(
  'a full disk: failed by its name, space made, re-executed, done, both attempts visible',
  async () => {
    const [order] = await rig.order(admin, 1, { dataMiB: 24, rateMiB: 12 })
    const { id } = must(order, 'made')
    await rig.heard(id, 'a step begins', 'convert')
    // Room for what is there and a part of the copy.
    const { bsize, blocks, bfree } = await statfs(workDir())
    mount(`remount,size=${(blocks - bfree) * bsize + 8 * 1024 * 1024}`)
    const full = await rig.untilState(admin, id, ['failed'])
    expect(full.error).toMatchObject({ code: 'disk.no-space', step: 'convert' })
    expect(full.error?.message).toContain('No space left on device')
    mount('remount,size=512m')
    expect((await act(admin, id, 're-execute')).status).toBe(200)
    const ended = await rig.untilState(admin, id, ['succeeded'])
    expect(ended.attempts).toMatchObject([{ n: 1, state: 'failed', error: { code: 'disk.no-space' } }])
    expect(ended.stepList[0]).toMatchObject({ name: 'make', kept: true })
    expect(rig.endsOf(id)).toEqual(once)
  },
)

test('paused, everything ended, Redis emptied, everything started, resumed: it runs exactly once', async () => {
  const [order] = await rig.order(admin, 1, { lock: 'later', dataMiB: 16, rateMiB: 4 })
  const [second] = await rig.order(admin, 1, { lock: 'later' })
  const id = must(second, 'made').id
  expect((await act(admin, id, 'pause')).status).toBe(200)
  await act(admin, must(order, 'made').id, 'cancel')
  await rig.untilState(admin, must(order, 'made').id, ['cancelled'])
  await rig.stopWorkers()
  const node = must(rig.made.nodes[0], 'a node runs')
  node.child.kill('SIGKILL')
  await rig.flushRedis()
  await rig.made.redis.kill()
  await rig.made.mongo.kill()
  await Promise.all([rig.made.startRedis(), rig.made.startMongo()])
  rig.made.again(node)
  await rig.made.ready(node)
  rig.startWorkers()
  expect(await readOrder(admin, id)).toMatchObject({ state: 'paused', attempt: 1 })
  expect((await act(admin, id, 'resume')).status).toBe(200)
  await rig.untilState(admin, id, ['succeeded'])
  expect(rig.endsOf(id)).toEqual(once)
})
