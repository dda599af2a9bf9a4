/** A disk that is full, on a small file system of its own. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { endGuests } from '../../scripts/launch/guests.mjs'
import { createLogger } from '../../server/core/logger.ts'
import { must } from '../../server/core/must.ts'
import { runTool } from '../../server/fleet/disks/qemu-img.ts'
import { guarded } from '../../server/fleet/guarded.ts'
import { fleetRoot } from '../../server/fleet/port/offer.ts'
import { ProviderError, type DesktopProvider, type Long } from '../../server/fleet/provider.ts'
import { QemuProvider } from '../../server/fleet/qemu/provider.ts'

let dir: string
let provider: DesktopProvider | null = null
let ops = 0

function mayMount(): boolean {
  if (process.getuid?.() !== 0) return false
  try {
    execFileSync('unshare', ['--mount', 'true'])
    return true
  } catch {
    return false // a container without the right to mount
  }
}
const reason = mayMount() ? '' : ' (skipped: mounting a small file system needs root)'
const long = (): Long => ({ op: `full ${++ops}`, signal: new AbortController().signal, onProgress: () => undefined })
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: unknown) => (error instanceof ProviderError ? error.code : error),
  )
const spec = { tenant: 'acme', vcpus: 1, memoryMiB: 16, diskGiB: 0, network: '', policy: '' }

describe.skipIf(reason !== '')(`a full disk${reason}`, () => {
  const open = async () => {
    const logger = createLogger('silent', 'test')
    provider = guarded(await QemuProvider.open({ root: fleetRoot(dir, 'qemu'), dataDir: dir, logger }))
  }
  const held = () => must(provider, 'it was opened')
  const files = async () => (await readdir(dir, { recursive: true })).sort()
  const fill = async () => {
    const full = writeFile(join(dir, 'fleet/ballast'), Buffer.alloc(64 * 2 ** 20, 1))
    await expect(full).rejects.toThrow('ENOSPC')
  }
  const free = () => rm(join(dir, 'fleet/ballast'))

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'deskwatch-full-'))
    await mkdir(join(dir, 'fleet'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=40m', 'deskwatch-test', join(dir, 'fleet')])
    await open()
  })
  afterAll(async () => {
    await endGuests(dir)
    execFileSync('umount', ['--lazy', join(dir, 'fleet')])
    await rm(dir, { recursive: true, force: true })
  })

  test('fails copies and creations with its reason, leaves nothing half-made, and they work once there is room', async () => {
    const image = join(dir, 'image.qcow2')
    await runTool('qemu-img', ['create', '-q', '-f', 'qcow2', image, '32M'])
    // Noise, so that it does not shrink.
    const noise = join(dir, 'noise')
    await writeFile(noise, crypto.getRandomValues(Buffer.alloc(65_536)))
    await runTool('qemu-io', ['-f', 'qcow2', '-c', `write -q -s ${noise} 0 10M`, image])
    const { ref } = await held().create({ ...spec, name: 'FULL-1', image }, long())
    await fill()
    const before = await files()
    const to = join(dir, 'fleet/export.qcow2')
    expect(await codeOf(held().exportImage({ ref, snapshot: null }, to, long()))).toBe('disk.no-space')
    expect(await codeOf(held().create({ ...spec, name: 'FULL-2', image }, long()))).toBe('disk.no-space')
    expect(existsSync(to)).toBe(false)
    expect(await files()).toEqual(before)
    await free()
    expect(await codeOf(held().exportImage({ ref, snapshot: null }, to, long()))).toBe('done')
    await rm(to)
    expect(await codeOf(held().create({ ...spec, name: 'FULL-2', image }, long()))).toBe('done')
  })

  test('stops a guest that has to write; it is said why, and it starts once there is room', async () => {
    const { ref } = await held().create({ ...spec, name: 'FULL-3', image: 'guest' }, long())
    // From here on every write needs new room.
    await held().createSnapshot(ref, 'before', long())
    await fill()
    expect(await codeOf(held().start(ref, long()))).toBe('disk.no-space')
    expect((await held().probe(ref)).power).toBe('off')
    await free()
    expect(await codeOf(held().start(ref, long()))).toBe('done')
    await held().stop(ref, { force: true, graceMs: 0 }, long())
    expect(await held().checkDisk(ref, long())).toMatchObject({ ok: true })
  })
})
