/** What every provider keeps, as sentences; called by the test of each of them. */
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { must } from '../core/must.ts'
import { sha256Of } from './disks/qcow2.ts'
import { runTool } from './disks/qemu-img.ts'
import type { TimeLimits } from './guarded.ts'
import { ProviderError, type DesktopProvider, type DesktopSpec, type Long, type Progress } from './provider.ts'

export interface Opened {
  provider: DesktopProvider
  /** Ends the process that would hold the provider; `guests` too: as at the end of everything. */
  close: () => Promise<void>
}
export interface OpenOptions {
  dataDir: string
  rate?: string
  limits?: TimeLimits
}

interface Watched extends Long {
  told: Progress[]
  parts: () => number[]
  /** Somewhere between beginning and end. */
  inMiddle: Promise<void>
}
function long(signal = new AbortController().signal, op: string = randomUUID()): Watched {
  const told: Progress[] = []
  let middle = () => {}
  const inMiddle = new Promise<void>((resolve) => (middle = resolve))
  const onProgress = (progress: Progress) => {
    told.push(progress)
    if (progress.part !== null && progress.part > 0 && progress.part < 1) middle()
  }
  return {
    op,
    signal,
    told,
    onProgress,
    inMiddle,
    parts: () => told.flatMap(({ part }) => (part === null ? [] : [part])),
  }
}
/** `done`, or the code of what went wrong. */
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: unknown) => {
      if (error instanceof ProviderError) return error.code
      throw error
    },
  )
const gently = { force: false, graceMs: 5_000 }
const byForce = { force: true, graceMs: 0 }

export function providerContract(openProvider: (options: OpenOptions) => Promise<Opened>): void {
  let dataDir: string
  let at: Opened
  let provider: DesktopProvider
  const reopen = async (options: Partial<OpenOptions> = {}) => {
    await at.close()
    at = await openProvider({ dataDir, ...options })
    provider = at.provider
  }
  const specOf = (name: string, image = 'guest'): DesktopSpec => ({
    tenant: 'acme',
    name,
    image,
    vcpus: 1,
    memoryMiB: 16,
    diskGiB: 0,
    network: '',
    policy: '',
  })
  const made = async (name: string, image?: string) => (await provider.create(specOf(name, image), long())).ref
  const diskOf = async (ref: string) => must((await provider.probe(ref)).disks?.[0], 'a disk stands').path
  const namesOf = async (ref: string) => (await provider.listSnapshots(ref)).map((one) => one.ref)
  const listedByQemu = async (path: string) =>
    (await runTool('qemu-img', ['snapshot', '-U', '-l', path])).output.split('\n').slice(2).join('\n')
  const identical = async (a: string, b: string) =>
    (await runTool('qemu-img', ['compare', '-f', 'qcow2', '-F', 'qcow2', a, b], { answers: [0, 1] })).code === 0
  /** A desktop whose disk has 6 MiB to copy: at 1 MiB a second there is time to interrupt. */
  let full: string

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'deskwatch-provider-'))
    full = join(dataDir, 'full.qcow2')
    await runTool('qemu-img', ['create', '-q', '-f', 'qcow2', full, '16M'])
    await runTool('qemu-io', ['-f', 'qcow2', '-c', 'write -q -P 0x5a 0 6M', full])
    at = await openProvider({ dataDir })
    provider = at.provider
  })
  afterAll(async () => {
    await at.close()
    await rm(dataDir, { recursive: true, force: true })
  })

  describe('a desktop', () => {
    test('is made off, on a disk of its own, is listed, and its name is taken whatever the case', async () => {
      const watched = long()
      const { ref, power } = await provider.create({ ...specOf('CAD-1'), diskGiB: 1 }, watched)
      expect(power).toBe('off')
      expect(watched.parts().at(-1)).toBe(1)
      expect(await provider.listDesktops()).toContainEqual(expect.objectContaining({ ref, power: 'off' }))
      const [disk] = must((await provider.probe(ref)).disks, 'a disk stands')
      expect(disk).toMatchObject({ virtualBytes: 2 ** 30, hasBackingFile: false, bootable: true })
      expect(await codeOf(provider.create(specOf('cad-1'), long()))).toBe('provider.exists')
    })

    test('starts, says how far it is, refuses a second start, and goes off when asked', async () => {
      const ref = await made('POWER-1')
      const starting = long()
      await provider.start(ref, starting)
      expect((await provider.probe(ref)).power).toBe('running')
      expect(starting.parts().at(-1)).toBe(1)
      expect(starting.parts()).toEqual(starting.parts().toSorted((a, b) => a - b))
      expect(await codeOf(provider.start(ref, long()))).toBe('provider.state')
      await provider.stop(ref, gently, long())
      expect((await provider.probe(ref)).power).toBe('off')
      expect(await codeOf(provider.stop(ref, gently, long()))).toBe('provider.state')
      expect(await codeOf(provider.stop(ref, byForce, long()))).toBe('provider.state')
    })

    test('whose guest does not listen to the power button runs on, says so, and goes off by force', async () => {
      const ref = await made('DEAF-1', 'guest-deaf')
      await provider.start(ref, long())
      expect(await codeOf(provider.stop(ref, { force: false, graceMs: 300 }, long()))).toBe('guest.ignored-acpi')
      expect((await provider.probe(ref)).power).toBe('running')
      await provider.stop(ref, byForce, long())
      expect((await provider.probe(ref)).power).toBe('off')
    })

    test('whose start or stop is called off stays as it was', async () => {
      const ref = await made('CALLED-OFF')
      const starting = new AbortController()
      const start = codeOf(provider.start(ref, long(starting.signal)))
      starting.abort()
      expect(await start).toBe('provider.cancelled')
      expect((await provider.probe(ref)).power).toBe('off')
      await provider.start(ref, long())
      await provider.stop(ref, byForce, long())
    })

    test('is deleted with its disk, and is unknown from then on', async () => {
      const ref = await made('GOING')
      const disk = await diskOf(ref)
      await provider.delete(ref, long())
      expect(existsSync(disk)).toBe(false)
      expect(await codeOf(provider.probe(ref))).toBe('provider.unknown-desktop')
      expect((await provider.listDesktops()).some((one) => one.ref === ref)).toBe(false)
      expect(await codeOf(provider.delete(ref, long()))).toBe('provider.unknown-desktop')
      expect(await made('GOING')).toBe(ref)
    })
  })

  describe('a snapshot', () => {
    test('of a powered-off disk is clean, is listed by qemu-img too, brings back what was, and is deleted', async () => {
      const ref = await made('SNAP-OFF', full)
      const disk = await diskOf(ref)
      const watched = long()
      const taken = await provider.createSnapshot(ref, 'before', watched)
      expect(taken).toMatchObject({ ref: 'before', consistency: 'clean' })
      expect(taken.bytes).toBeGreaterThanOrEqual(6 * 2 ** 20)
      expect(watched.parts()).toEqual(watched.parts().toSorted((a, b) => a - b))
      expect(watched.told.at(-1)).toMatchObject({ part: 1, bytesDone: taken.bytes, bytesTotal: taken.bytes })
      expect(await listedByQemu(disk)).toContain('before')
      const was = join(dataDir, 'was.qcow2')
      await provider.exportImage({ ref, snapshot: null }, was, long())
      await runTool('qemu-io', ['-f', 'qcow2', '-c', 'write -q -P 0x11 0 1M', disk])
      expect(await identical(disk, was)).toBe(false)
      await provider.restoreSnapshot(ref, 'before', long())
      expect(await identical(disk, was)).toBe(true)
      await provider.deleteSnapshot(ref, 'before', long())
      expect(await provider.listSnapshots(ref)).toEqual([])
      expect(await listedByQemu(disk)).not.toContain('before')
      expect(await provider.checkDisk(ref, long())).toMatchObject({ ok: true, corruptions: 0 })
    })

    test('of a running desktop is crash-consistent, is listed by qemu-img too, and is deleted while it runs', async () => {
      const ref = await made('SNAP-ON')
      await provider.start(ref, long())
      expect(await provider.createSnapshot(ref, 'live', long())).toMatchObject({ consistency: 'crash-consistent' })
      expect(await provider.listSnapshots(ref)).toMatchObject([{ ref: 'live', consistency: 'crash-consistent' }])
      expect(await listedByQemu(await diskOf(ref))).toContain('live')
      const copy = join(dataDir, 'live.qcow2')
      await provider.exportImage({ ref, snapshot: 'live' }, copy, long())
      expect(await codeOf(provider.restoreSnapshot(ref, 'live', long()))).toBe('provider.state')
      await provider.createSnapshot(ref, 'second', long())
      await provider.deleteSnapshot(ref, 'second', long())
      expect(await namesOf(ref)).toEqual(['live'])
      await provider.stop(ref, byForce, long())
      await provider.restoreSnapshot(ref, 'live', long())
      expect(await identical(await diskOf(ref), copy)).toBe(true)
    })

    test('has a name of its own on its desktop, and is unknown where it was not taken', async () => {
      const ref = await made('SNAP-NAMES')
      await provider.createSnapshot(ref, 'one', long())
      expect(await codeOf(provider.createSnapshot(ref, 'one', long()))).toBe('provider.exists')
      expect(await codeOf(provider.restoreSnapshot(ref, 'two', long()))).toBe('provider.unknown-snapshot')
      expect(await codeOf(provider.deleteSnapshot(ref, 'two', long()))).toBe('provider.unknown-snapshot')
      const nowhere = provider.exportImage({ ref, snapshot: 'two' }, join(dataDir, 'two.qcow2'), long())
      expect(await codeOf(nowhere)).toBe('provider.unknown-snapshot')
      expect(await namesOf(ref)).toEqual(['one'])
    })
  })

  describe('an exported image', () => {
    test('equals its source, comes with its checksum and size, and replaces no file', async () => {
      const ref = await made('EXPORT-1', full)
      const to = join(dataDir, 'export.qcow2')
      const watched = long()
      const image = await provider.exportImage({ ref, snapshot: null }, to, watched)
      expect(await identical(await diskOf(ref), to)).toBe(true)
      expect(image).toMatchObject({ path: to, format: 'qcow2', virtualBytes: 16 * 2 ** 20, ...(await sha256Of(to)) })
      expect(watched.parts().length).toBeGreaterThan(10)
      expect(watched.parts()).toEqual(watched.parts().toSorted((a, b) => a - b))
      expect(watched.parts().at(-1)).toBe(1)
      expect(await codeOf(provider.exportImage({ ref, snapshot: null }, to, long()))).toBe('provider.exists')
      const copy = await made('EXPORT-2', to)
      expect(await identical(await diskOf(copy), to)).toBe(true)
    })

    test('goes nowhere but inside DATA_DIR', async () => {
      const ref = await made('EXPORT-3')
      for (const to of ['/tmp/outside.qcow2', 'relative.qcow2', `${dataDir}/../up.qcow2`, `json:{"a":1}`]) {
        expect(await codeOf(provider.exportImage({ ref, snapshot: null }, to, long())), to).toBe('provider.invalid')
      }
    })
  })

  describe('refused', () => {
    test('is what a running desktop does not allow, and nothing changes', async () => {
      const ref = await made('RUNNING-1')
      await provider.start(ref, long())
      const to = join(dataDir, 'never.qcow2')
      expect(await codeOf(provider.delete(ref, long()))).toBe('provider.state')
      expect(await codeOf(provider.checkDisk(ref, long()))).toBe('provider.state')
      expect(await codeOf(provider.exportImage({ ref, snapshot: null }, to, long()))).toBe('provider.state')
      expect(existsSync(to)).toBe(false)
      expect((await provider.probe(ref)).power).toBe('running')
      await provider.stop(ref, byForce, long())
    })

    test('is every act on a desktop that is not there, whatever its name', async () => {
      for (const ref of ['acme:nobody', '', '../../etc', 'acme:../../etc/passwd', '__proto__', 'acme:\0']) {
        const nowhere = { ref, snapshot: null }
        const calls = [
          () => provider.probe(ref),
          () => provider.start(ref, long()),
          () => provider.stop(ref, byForce, long()),
          () => provider.delete(ref, long()),
          () => provider.createSnapshot(ref, 'one', long()),
          () => provider.listSnapshots(ref),
          () => provider.restoreSnapshot(ref, 'one', long()),
          () => provider.deleteSnapshot(ref, 'one', long()),
          () => provider.exportImage(nowhere, join(dataDir, 'nobody.qcow2'), long()),
          () => provider.checkDisk(ref, long()),
        ]
        for (const call of calls) expect(await codeOf(call()), JSON.stringify(ref)).toBe('provider.unknown-desktop')
      }
    })

    test('are names, sizes and tenants that no tool may see, and images that are not there', async () => {
      const before = await provider.listDesktops()
      const wrong: Partial<DesktopSpec>[] = [
        ...['', '../up', '-rf', 'a/b', 'a\0b', 'x'.repeat(101), ' lead'].map((name) => ({ name })),
        ...['..', 'A', 'a/b', ''].map((tenant) => ({ tenant })),
        { vcpus: 0 },
        { vcpus: 1.5 },
        { memoryMiB: 1 },
        { diskGiB: -1 },
      ]
      for (const part of wrong) {
        const spec = { ...specOf('WRONG'), ...part }
        expect(await codeOf(provider.create(spec, long())), JSON.stringify(part)).toBe('provider.invalid')
      }
      for (const image of ['nothing', '/etc/passwd', dataDir, join(dataDir, 'nothing.qcow2'), 'constructor'])
        expect(await codeOf(provider.create(specOf('WRONG', image), long())), image).toBe('provider.unknown-image')
      expect(await provider.listDesktops()).toEqual(before)
      const ref = await made('NAMES-1')
      for (const name of ['', '1', '-d', 'a b', 'a/b', 'a\n', '快照', 'x'.repeat(101)])
        expect(await codeOf(provider.createSnapshot(ref, name, long())), name).toBe('provider.invalid')
      expect(await namesOf(ref)).toEqual([])
    })

    test('is an image that reaches for other files or is no qcow2, before any tool opens it', async () => {
      const backed = join(dataDir, 'backed.qcow2')
      await runTool('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', full, '-F', 'qcow2', backed])
      const apart = join(dataDir, 'apart.qcow2')
      await runTool('qemu-img', ['create', '-q', '-f', 'qcow2', '-o', `data_file=${apart}.raw`, apart, '1M'])
      const text = join(dataDir, 'text.qcow2')
      await writeFile(text, 'QFI no image '.repeat(100))
      for (const image of [backed, apart, text])
        expect(await codeOf(provider.create(specOf('FOREIGN', image), long())), image).toBe('disk.foreign')
    })

    test('is a second act on a desktop while one is not done', async () => {
      const ref = await made('BUSY-1', full)
      const first = provider.createSnapshot(ref, 'one', long())
      expect(await codeOf(provider.createSnapshot(ref, 'two', long()))).toBe('provider.busy')
      await first
      expect(await namesOf(ref)).toEqual(['one'])
    })
  })

  test('the same act asked twice is done once and answered twice', async () => {
    const [making, taking] = [randomUUID(), randomUUID()]
    const spec = specOf('TWICE')
    const first = await provider.create(spec, long(undefined, making))
    expect(await provider.create(spec, long(undefined, making))).toEqual(first)
    const taken = await provider.createSnapshot(first.ref, 'one', long(undefined, taking))
    expect(await provider.createSnapshot(first.ref, 'one', long(undefined, taking))).toEqual(taken)
    expect(await namesOf(first.ref)).toEqual(['one'])
  })

  test('a corrupt disk is found by its check', async () => {
    const ref = await made('CORRUPT-1', full)
    const file = await open(await diskOf(ref), 'r+')
    const header = Buffer.alloc(64)
    await file.read(header, 0, 64, 0)
    const table = Number(header.readBigUInt64BE(48))
    const block = Buffer.alloc(8)
    await file.read(block, 0, 8, table)
    // Every count of its clusters says "free".
    await file.write(Buffer.alloc(4_096), 0, 4_096, Number(block.readBigUInt64BE(0)))
    await file.close()
    expect((await provider.checkDisk(ref, long())).ok).toBe(false)
  })

  test('what stopped in the middle leaves nothing half-made: cancelled, out of time, or its process gone', async () => {
    const ref = await made('HALF-1', full)
    const to = join(dataDir, 'half.qcow2')
    const stops = {
      'provider.cancelled': { quickMs: 60_000, copyMs: 60_000 },
      'provider.timeout': { quickMs: 60_000, copyMs: 700 },
    }
    for (const [code, limits] of Object.entries(stops)) {
      await reopen({ rate: '1M', limits })
      const files = (await readdir(dataDir, { recursive: true })).sort()
      const acts = [
        (long_: Long) => provider.exportImage({ ref, snapshot: null }, to, long_),
        (long_: Long) => provider.createSnapshot(ref, 'half', long_),
        (long_: Long) => provider.create(specOf('HALF-2', full), long_),
      ]
      for (const act of acts) {
        const stop = new AbortController()
        const watched = long(stop.signal)
        const ended = codeOf(act(watched))
        if (code === 'provider.cancelled') {
          await watched.inMiddle
          stop.abort()
        }
        expect(await ended).toBe(code)
        expect(watched.parts()).not.toContain(1)
      }
      expect((await readdir(dataDir, { recursive: true })).sort()).toEqual(files)
      expect(await namesOf(ref)).toEqual([])
      expect(await listedByQemu(await diskOf(ref))).not.toContain('half')
    }
    await reopen()
    expect(await codeOf(provider.exportImage({ ref, snapshot: null }, to, long()))).toBe('done')
    // As a process leaves it that dies between the two writes of a snapshot.
    await provider.createSnapshot(ref, 'begun', long())
    const note = join(await diskOf(ref), '../desktop.json')
    await writeFile(note, (await readFile(note, 'utf8')).replace('"done": true', '"done": false'))
    await reopen()
    expect(await namesOf(ref)).toEqual([])
    expect(await listedByQemu(await diskOf(ref))).not.toContain('begun')
  })
}
