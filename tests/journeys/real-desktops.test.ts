/** Desktops that really are: machines of QEMU on real disks, powered, looked at, snapshotted. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DesktopProbe, OrderedResult } from '#contract/inventory'
import type { SnapshotRow } from '#contract/snapshots'
import type { Problem } from '#wire'
import { must } from '../../server/core/must.ts'
import { runTool } from '../../server/fleet/disks/qemu-img.ts'
import type { Client } from '../support/client.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import {
  desktopPath,
  power,
  readDesktop,
  readSnapshot,
  snapshotPath,
  untilOrderEnds,
  untilRests,
} from '../support/desktops.ts'
import { diskOf, offerQemu } from '../support/fleets.ts'
import { until } from '../support/until.ts'
import { startWorker, type TestWorker } from '../support/worker.ts'

let deskwatch: Deskwatch
let fleet: { close: () => Promise<void> }
let worker: TestWorker
let admin: Client

beforeAll(async () => {
  deskwatch = await startDeskwatch({ env: { POWER_GRACE_SECONDS: '2' } })
  fleet = await offerQemu(deskwatch.house.dir)
  worker = await startWorker(deskwatch.house)
  admin = await deskwatch.signIn('admin@acme')
})
afterAll(async () => {
  const faults = deskwatch?.faults()
  await worker?.kill()
  await fleet?.close()
  await deskwatch?.stop()
  expect(faults).toEqual([])
})

async function made(name: string, image = 'guest'): Promise<string> {
  const answer = await admin.post('/desktops', { name, image, provider: 'qemu' })
  const [result] = answer.as<{ results: OrderedResult[] }>().results
  const { id, order } = must(result, 'one desktop was asked for')
  expect((await untilOrderEnds(admin, must(order, 'made by an order').id)).error).toBeNull()
  await untilRests(admin, id, 'off')
  return id
}
const listed = async (id: string) =>
  (await runTool('qemu-img', ['snapshot', '-U', '-l', diskOf(deskwatch.house.dir, 'qemu', id)])).output

test('a real desktop is made, started, looked at, snapshotted running and off, restored, and deleted', async () => {
  const id = await made('REAL-1')
  expect((await power(admin, id, 'power-on')).status).toBe(200)
  await untilRests(admin, id, 'offline')

  const look = () => admin.raw(desktopPath(id, '/screenshot'))
  const [first, second] = await Promise.all([look(), look()])
  expect(first.headers.get('content-type')).toBe('image/png')
  expect(first.headers.get('deskwatch-taken-at')).toBe(second.headers.get('deskwatch-taken-at'))
  const png = Buffer.from(await first.arrayBuffer())
  expect(png.subarray(1, 4).toString()).toBe('PNG')
  expect(png.readUInt32BE(16)).toBeGreaterThan(300)
  const probe = (await admin.get(desktopPath(id, '/probe'))).as<DesktopProbe>()
  expect(probe).toMatchObject({ power: 'running', disks: [{ hasBackingFile: false }] })
  expect(probe.blocks?.readBytes).toBeGreaterThan(0)
  expect(JSON.stringify(probe)).not.toContain(deskwatch.house.dir)

  const running = (await admin.post('/snapshots', { desktop: id, name: 'while running' })).as<SnapshotRow>()
  expect(await untilOrderEnds(admin, running.order.id)).toMatchObject({ state: 'succeeded' })
  await untilRests(admin, id, 'offline')
  expect((await power(admin, id, 'power-off')).status).toBe(200)
  await untilRests(admin, id, 'off')
  const off = (await admin.post('/snapshots', { desktop: id, name: '关机后' })).as<SnapshotRow>()
  await untilOrderEnds(admin, off.order.id)
  await untilRests(admin, id, 'off')
  const [one, two] = await Promise.all([readSnapshot(admin, running.id), readSnapshot(admin, off.id)])
  expect([one.consistency, two.consistency]).toEqual(['crash-consistent', 'clean'])
  const list = await listed(id)
  for (const { ref } of [one, two]) expect(list).toContain(ref)

  const answer = await admin.post(snapshotPath(running.id, '/actions/restore'), {})
  const restoring = must(answer.as<OrderedResult>().order, 'by an order')
  expect(await untilOrderEnds(admin, restoring.id)).toMatchObject({ state: 'succeeded', type: 'snapshot-restore' })
  await untilRests(admin, id, 'off')
  await admin.post('/snapshots/actions/delete', { ids: [running.id, off.id] })
  for (const { id: gone } of [running, off])
    await until('it is gone', async () => (await admin.get(snapshotPath(gone))).status === 404)
  expect(await listed(id)).not.toContain(one.ref)
  await untilRests(admin, id, 'off')
  await admin.delete(desktopPath(id))
  await until('the desktop is gone', async () => (await admin.get(desktopPath(id))).status === 404)
})

test('a machine that dies under its desktop shows within seconds', async () => {
  const id = await made('REAL-2')
  await power(admin, id, 'power-on')
  await untilRests(admin, id, 'offline')
  const run = join(deskwatch.house.dir, 'run/vm')
  const pids = readdirSync(run).filter((name) => name.endsWith('.pid'))
  for (const name of pids) process.kill(Number(readFileSync(join(run, name), 'utf8')), 'SIGKILL')
  await untilRests(admin, id, 'off', 6)
})

test('a guest that does not listen runs on with the reason, and only then its plug is pulled, on record', async () => {
  const id = await made('REAL-3', 'guest-deaf')
  await power(admin, id, 'power-on')
  await untilRests(admin, id, 'offline')
  expect((await power(admin, id, 'power-off', { force: true })).as<Problem>().code).toBe('desktop.not-asked')
  expect((await power(admin, id, 'power-off')).status).toBe(200)
  expect((await readDesktop(admin, id)).runState).toBe('stopping')
  expect(await untilRests(admin, id, 'offline')).toMatchObject({ trouble: { code: 'guest.ignored-acpi' } })
  expect((await power(admin, id, 'power-off', { force: true })).status).toBe(200)
  expect(await untilRests(admin, id, 'off')).toMatchObject({ stopped: { forced: true }, trouble: null })
  await until('it stands in the trail', async () => {
    const trail = await admin.get('/audit-events?limit=50')
    return JSON.stringify(trail.body).includes('"forced":true')
  })
})
