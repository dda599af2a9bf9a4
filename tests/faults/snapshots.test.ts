/** What befalls orders on real disks: workers and the fleet killed, no space, a broken disk, a change of mind. */
import { execFileSync, type ChildProcess } from 'node:child_process'
import { mkdir, open, rm, statfs, writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OrderedResult } from '#contract/inventory'
import type { SnapshotRow } from '#contract/snapshots'
import { spawnTied } from '../../scripts/stores/machine.mjs'
import { must } from '../../server/core/must.ts'
import { runTool } from '../../server/fleet/disks/qemu-img.ts'
import type { Client } from '../support/client.ts'
import { desktopPath, readSnapshot, snapshotPath, untilOrderEnds, untilRests } from '../support/desktops.ts'
import { diskOf } from '../support/fleets.ts'
import { act } from '../support/orders.ts'
import { until } from '../support/until.ts'
import { killed } from './kills/installation.ts'
import { OrderRig } from './orders/rig.ts'

let rig: OrderRig
let admin: Client
let fleet: ChildProcess
let disk: string
const desktop = 'acme:pc-1'
const mayMount = process.getuid?.() === 0
const fleetDir = () => join(rig.made.dir, 'fleet')
const mount = (options: string) => execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', fleetDir()])

beforeAll(async () => {
  rig = await OrderRig.start({ workers: 2, env: { LEASE_EXPIRE_MS: '2500', PROVIDER_SILENT_SECONDS: '600' } })
  admin = await rig.signIn()
  await mkdir(fleetDir(), { recursive: true })
  if (mayMount) mount('size=256m')
  // No demo here, so nobody whose agents it could speak for.
  await writeFile(join(rig.made.dir, 'fleet-token'), '{}')
  fleet = await startFleet()
  const answer = await admin.post('/desktops', { name: 'PC-1', provider: 'qemu' })
  const made = must(answer.as<{ results: OrderedResult[] }>().results[0]?.order, 'it is made by an order')
  expect(await untilOrderEnds(admin, made.id)).toMatchObject({ state: 'succeeded' })
  await untilRests(admin, desktop, 'off')
  disk = diskOf(rig.made.dir, 'qemu', desktop)
  // At 2 MiB a second there is time to interrupt.
  await runTool('qemu-io', ['-f', 'qcow2', '-c', 'write -q -P 0x5a 1M 6M', disk])
})
afterAll(async () => {
  if (fleet) await killed(fleet)
  if (mayMount) execFileSync('umount', ['--lazy', fleetDir()])
  await rig?.end()
})

/** The process that holds real desktops, as the launcher starts it. */
async function startFleet(): Promise<ChildProcess> {
  const env = { PATH: process.env['PATH'], DATA_DIR: rig.made.dir, FLEET_COPY_RATE: '2M' }
  const child = spawnTied(process.execPath, ['server/fleet/qemu/main.ts'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: must(child.stdout, 'it is piped') })
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the fleet process ended')))
    lines.on('line', (line) => {
      if (line.includes('fleet-qemu started')) resolve()
    })
  })
  return child
}

/** To the last page. */
async function fillUp(): Promise<string> {
  const { blocks, bavail, bsize } = await statfs(fleetDir())
  if (blocks * bsize > 300 * 2 ** 20) throw new Error('this is not the small file system of the test')
  const filler = join(fleetDir(), 'filler')
  await writeFile(filler, Buffer.alloc(bavail * bsize, 1))
  return filler
}

const take = async (name: string) => {
  const answer = await admin.post('/snapshots', { desktop, name })
  expect(answer.status, JSON.stringify(answer.body)).toBe(201)
  return answer.as<SnapshotRow>()
}
const orderOf = async (answer: Promise<{ as: <T>() => T }>) =>
  must((await answer).as<OrderedResult>().order, 'it is an order').id
const onDisk = async () => (await runTool('qemu-img', ['snapshot', '-l', disk])).output
const isTaking = (order: string) =>
  until('it is being read through', async () => {
    const { items } = (await admin.get('/work-orders?state=running')).as<{ items: { id: string; step: string }[] }>()
    return items.some(({ id, step }) => id === order && step === 'take') && /PC-1|-[0-9a-f]{6}/.test(await onDisk())
  })
const gone = (id: string) => until('it is gone', async () => (await admin.get(snapshotPath(id))).status === 404)

test('a worker killed while it takes, restores, checks and deletes: each moves on by itself, and nothing is done by halves', async () => {
  const { id, order } = await take('killed at')
  await rig.kill(await rig.heard(order.id, 'a step begins', 'take'))
  await rig.untilState(admin, order.id, ['succeeded'], 60)
  await untilRests(admin, desktop, 'off')
  expect(await readSnapshot(admin, id)).toMatchObject({ state: 'available', consistency: 'clean', error: null })
  for (const step of ['restore', 'check']) {
    const restoring = await orderOf(admin.post(snapshotPath(id, '/actions/restore'), {}))
    await rig.kill(await rig.heard(restoring, 'a step begins', step))
    await rig.untilState(admin, restoring, ['succeeded'], 60)
    await untilRests(admin, desktop, 'off')
    expect((await readSnapshot(admin, id)).restoredAt).not.toBeNull()
  }
  const deleting = await orderOf(admin.delete(snapshotPath(id)))
  await rig.kill(await rig.heard(deleting, 'a step begins', 'delete'))
  await rig.untilState(admin, deleting, ['succeeded'], 60)
  await gone(id)
  await untilRests(admin, desktop, 'off')
  expect((await onDisk()).trim()).toBe('')
})

test('the fleet process killed while a snapshot is taken: the order waits for the next one, and one snapshot stands', async () => {
  const { id, order } = await take('fleet killed')
  await isTaking(order.id)
  await killed(fleet)
  fleet = await startFleet()
  expect(await untilOrderEnds(admin, order.id, 60)).toMatchObject({ state: 'succeeded', attempt: 1 })
  await untilRests(admin, desktop, 'off')
  const { ref, state } = await readSnapshot(admin, id)
  expect(state).toBe('available')
  expect((await onDisk()).split(ref)).toHaveLength(2)
})

test('cancelled while it is taken: nothing is left on the disk, the record says why and can be deleted', async () => {
  const { id, order } = await take('cancelled')
  await isTaking(order.id)
  expect((await act(admin, order.id, 'cancel')).status).toBe(200)
  await untilOrderEnds(admin, order.id)
  await untilRests(admin, desktop, 'off')
  const { ref } = await readSnapshot(admin, id)
  expect(await readSnapshot(admin, id)).toMatchObject({ state: 'failed', error: { code: 'cancelled' }, bytes: null })
  expect(await onDisk()).not.toContain(ref)
  expect((await act(admin, order.id, 're-execute')).status).toBe(409)
  await admin.delete(snapshotPath(id))
  await gone(id)
  await untilRests(admin, desktop, 'off')
})

test.skipIf(!mayMount)(
  'no space: it fails by that name; room made, re-executed, it stands, and both attempts show',
  async () => {
    const filler = await fillUp()
    const answer = await admin.post('/desktops', { name: 'PC-FULL', provider: 'qemu' })
    const [made] = answer.as<{ results: OrderedResult[] }>().results
    const creating = must(made?.order, 'made by an order').id
    expect(await untilOrderEnds(admin, creating)).toMatchObject({ state: 'failed', error: { code: 'disk.no-space' } })
    expect(await untilRests(admin, 'acme:pc-full', 'error')).toMatchObject({ trouble: { code: 'disk.no-space' } })
    const { id, order } = await take('on a full disk')
    const failed = await untilOrderEnds(admin, order.id)
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'disk.no-space', step: 'take' } })
    await until('the record says so', async () => (await readSnapshot(admin, id)).state === 'failed')
    expect((await readSnapshot(admin, id)).error?.code).toBe('disk.no-space')
    await untilRests(admin, desktop, 'off')

    const never = await take('never')
    expect(await untilOrderEnds(admin, never.order.id)).toMatchObject({ error: { code: 'disk.no-space' } })
    await untilRests(admin, desktop, 'off')

    await rm(filler)
    await admin.delete(snapshotPath(never.id))
    await gone(never.id)
    await untilRests(admin, desktop, 'off')
    // What was deleted is not made after all.
    expect((await act(admin, never.order.id, 're-execute')).status).toBe(200)
    expect(await untilOrderEnds(admin, never.order.id)).toMatchObject({
      state: 'cancelled',
      error: { code: 'subject.gone' },
    })
    for (const one of [creating, order.id]) {
      expect((await act(admin, one, 're-execute')).status).toBe(200)
      expect(await untilOrderEnds(admin, one)).toMatchObject({
        state: 'succeeded',
        attempt: 2,
        attempts: [{ n: 1, state: 'failed', error: { code: 'disk.no-space' } }],
      })
    }
    await until('it is available', async () => (await readSnapshot(admin, id)).state === 'available')
    expect(await readSnapshot(admin, id)).toMatchObject({ error: null, consistency: 'clean' })
    await untilRests(admin, 'acme:pc-full', 'off')
  },
)

test('a broken disk is named, and the way on is said: delete it', async () => {
  await untilRests(admin, desktop, 'off')
  const broken = await open(disk, 'r+')
  await broken.write(Buffer.alloc(4096, 0xff), 0, 4096, 64 * 1024)
  await broken.write(Buffer.from('nodisk'), 0, 6, 0)
  await broken.close()
  const { id, order } = await take('of a broken disk')
  const ended = await untilOrderEnds(admin, order.id)
  expect(ended.state).toBe('failed')
  expect(ended.error?.code).toMatch(/^disk\.(corrupt|foreign)$/)
  await until('the record says so', async () => (await readSnapshot(admin, id)).state === 'failed')
  expect((await admin.get(desktopPath(desktop, '/probe'))).status).toBe(409)
})
