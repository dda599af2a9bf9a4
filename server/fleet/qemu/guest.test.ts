import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflateSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { endGuests } from '../../../scripts/launch/guests.mjs'
import { until } from '../../../tests/support/until.ts'
import { createLogger } from '../../core/logger.ts'
import { must } from '../../core/must.ts'
import { runTool } from '../disks/qemu-img.ts'
import { fleetRoot } from '../port/offer.ts'
import { ProviderError, type Long } from '../provider.ts'
import type { Guest } from './guest.ts'
import { machineFiles } from './run-folder.ts'
import { QemuProvider } from './provider.ts'

let dataDir: string
let provider: QemuProvider
let ops = 0

const open = (bootMs?: number) =>
  QemuProvider.open({
    root: fleetRoot(dataDir, 'qemu'),
    dataDir,
    logger: createLogger('silent', 'test'),
    ...(bootMs === undefined ? {} : { bootMs }),
  })
const long = (): Long => ({
  op: `test ${++ops}`,
  signal: new AbortController().signal,
  onProgress: () => undefined,
})
const spec = { tenant: 'acme', image: 'guest', vcpus: 1, memoryMiB: 16, diskGiB: 0, network: '', policy: '' }
const made = async (name: string, image = 'guest') => (await provider.create({ ...spec, name, image }, long())).ref
const guestOf = (ref: string): Guest =>
  must(
    [...provider.running()].find(({ kept }) => kept.ref === ref),
    'it runs',
  ).guest
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: unknown) => (error instanceof ProviderError ? error.code : error),
  )
const byForce = { force: true, graceMs: 0 }

/** Colours of an 8-bit RGB picture without interlacing, as QEMU writes it, and how many points have each. */
function coloursOf(png: Buffer): { width: number; height: number; colours: Map<string, number> } {
  const parts: Buffer[] = []
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at)
    if (png.toString('ascii', at + 4, at + 8) === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + length))
    at += length + 12
  }
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)]
  const raw = inflateSync(Buffer.concat(parts))
  const bytes = png[25] === 6 ? 4 : 3
  const stride = width * bytes + 1
  let above = Buffer.alloc(stride)
  const colours = new Map<string, number>()
  for (let y = 0; y < height; y++) {
    const row = Buffer.from(raw.subarray(y * stride, (y + 1) * stride))
    unfilter(row, above, bytes)
    for (let x = 1; x < stride; x += bytes) {
      const colour = row.toString('hex', x, x + 3)
      colours.set(colour, (colours.get(colour) ?? 0) + 1)
    }
    above = row
  }
  return { width, height, colours }
}
function unfilter(row: Buffer, above: Buffer, bytes: number): void {
  const filter = row[0] ?? 0
  for (let x = 1; x < row.length; x++) {
    const [left, up, corner] = [
      x > bytes ? (row[x - bytes] ?? 0) : 0,
      above[x] ?? 0,
      x > bytes ? (above[x - bytes] ?? 0) : 0,
    ]
    const near = [left, up, corner].toSorted(
      (a, b) => Math.abs(left + up - corner - a) - Math.abs(left + up - corner - b),
    )
    const add = [0, left, up, (left + up) >> 1, near[0] ?? 0][filter] ?? 0
    row[x] = ((row[x] ?? 0) + add) & 0xff
  }
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'deskwatch-guest-'))
  provider = await open()
})
afterAll(async () => {
  provider.leave()
  await endGuests(dataDir)
  await rm(dataDir, { recursive: true, force: true })
})

test('the guest says who it is, counts its starts on its disk, echoes, and a restored snapshot takes the count back', async () => {
  const ref = await made('ECHO-1')
  const boots: number[] = []
  const startOnce = async () => {
    await provider.start(ref, long())
    boots.push(must(guestOf(ref).ready, 'it said so').boot)
    await provider.stop(ref, { force: false, graceMs: 5_000 }, long())
  }
  await startOnce()
  await provider.createSnapshot(ref, 'after-one', long())
  await startOnce()
  await startOnce()
  await provider.restoreSnapshot(ref, 'after-one', long())
  await startOnce()
  expect(boots).toEqual([1, 2, 3, 2])
  await provider.start(ref, long())
  expect(guestOf(ref).ready?.patch).toBe((await provider.probe(ref)).patchVersion)
  for (let n = 0; n < 20; n++) expect(await guestOf(ref).echo(2_000)).not.toBeNull()
  const { reads, writes, writtenBytes } = await provider.blockStatistics(ref)
  expect(reads).toBeGreaterThan(0)
  expect(writes).toBe(1)
  expect(writtenBytes).toBe(512)
  await provider.stop(ref, byForce, long())
})

test('the screenshot is what the guest painted: white letters on blue', async () => {
  const ref = await made('SCREEN-1')
  await provider.start(ref, long())
  const { mime, base64 } = await provider.screenshot(ref)
  expect(mime).toBe('image/png')
  const { width, height, colours } = coloursOf(Buffer.from(base64, 'base64'))
  expect([width, height]).toEqual([720, 400])
  const [[most, points] = ['', 0], [second, letters] = ['', 0]] = [...colours].sort((a, b) => b[1] - a[1])
  expect([most, second]).toEqual(['0000a8', 'ffffff'])
  expect(points).toBeGreaterThan(0.9 * width * height)
  expect(letters).toBeGreaterThan(300)
  await provider.stop(ref, byForce, long())
  expect(await codeOf(provider.screenshot(ref))).toBe('provider.state')
})

test('a machine whose process is killed is off, and starts again', async () => {
  const ref = await made('KILLED-1')
  await provider.start(ref, long())
  process.kill(guestOf(ref).pid, 'SIGKILL')
  await until('it is off', async () => (await provider.probe(ref)).power === 'off')
  await provider.start(ref, long())
  await provider.stop(ref, byForce, long())
})

test('the disk of a running machine is locked against every tool that would write', async () => {
  const ref = await made('LOCKED-1')
  const path = must((await provider.probe(ref)).disks?.[0], 'it has a disk').path
  await provider.start(ref, long())
  expect(await codeOf(runTool('qemu-img', ['check', '-f', 'qcow2', path]))).toBe('disk.locked')
  await provider.stop(ref, byForce, long())
})

test('a disk that starts nothing is said so, and no machine stays behind', async () => {
  const empty = join(dataDir, 'empty.qcow2')
  await runTool('qemu-img', ['create', '-q', '-f', 'qcow2', empty, '4M'])
  const ref = await made('EMPTY-1', empty)
  expect((await provider.probe(ref)).disks?.[0]?.bootable).toBe(false)
  provider.leave()
  provider = await open(1_000)
  expect(await codeOf(provider.start(ref, long()))).toBe('guest.no-boot')
  expect((await provider.probe(ref)).power).toBe('off')
  expect(
    await codeOf(runTool('qemu-img', ['check', '-f', 'qcow2', (await provider.probe(ref)).disks?.[0]?.path ?? ''])),
  ).toBe('done')
  provider.leave()
  provider = await open()
})

test('machines run on while nobody holds them and are taken up as they are, but never a process that is none', async () => {
  const [first, second] = [await made('HELD-1'), await made('HELD-2')]
  await provider.start(first, long())
  const { pid, ready } = guestOf(first)
  provider.leave()
  const other = machineFiles(
    join(dataDir, 'run/vm'),
    join(must((await provider.probe(second)).disks?.[0], 'it has a disk').path, '..'),
  )
  writeFileSync(other.pid, `${process.pid}\n`)
  provider = await open()
  expect((await provider.probe(second)).power).toBe('off')
  expect(guestOf(first).pid).toBe(pid)
  expect(guestOf(first).ready).toEqual(ready)
  expect(await guestOf(first).echo(2_000)).not.toBeNull()
  await provider.createSnapshot(first, 'held', long())
  await provider.stop(first, { force: false, graceMs: 5_000 }, long())
  expect((await provider.probe(first)).power).toBe('off')
})

test('what ran when everything ended is started again, what was off stays off', async () => {
  const [on, off] = [await made('RESUME-ON'), await made('RESUME-OFF')]
  await provider.start(on, long())
  await provider.start(off, long())
  await provider.stop(off, byForce, long())
  provider.leave()
  await endGuests(dataDir)
  provider = await open()
  expect((await provider.probe(on)).power).toBe('off')
  await provider.resume()
  expect((await provider.probe(on)).power).toBe('running')
  expect((await provider.probe(off)).power).toBe('off')
  await provider.stop(on, byForce, long())
})
