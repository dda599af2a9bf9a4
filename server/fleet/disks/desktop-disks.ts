/** The disks of one provider's desktops and everything that is done to them; whether a desktop runs, the provider says. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, normalize, sep } from 'node:path'
import { must } from '../../core/must.ts'
import {
  ProviderError,
  refOf,
  type DesktopSpec,
  type DiskAt,
  type DiskVerdict,
  type ExportedImage,
  type Long,
  type SnapshotAt,
} from '../provider.ts'
import { refuseForeign } from './foreign.ts'
import { Folders, type Kept } from './folder.ts'
import {
  check,
  copyTo,
  growTo,
  infoOf,
  isBootable,
  measure,
  readThrough,
  sha256Of,
  snapshotAct,
  type DiskInfo,
} from './qcow2.ts'

/** Writes the raw disk of a built-in image to a file. */
export type BuiltIn = (path: string) => Promise<void>

export interface DiskOptions {
  /** Folder of this provider's desktops. */
  root: string
  /** Exports and images lie inside it. */
  dataDir: string
  images: Readonly<Record<string, BuiltIn>>
  /** Bytes a second of copies, as qemu-img takes it (`64M`); unset: as fast as they go. */
  rate?: string | undefined
}

/** How a snapshot is taken and taken away where another process holds the disk. */
export interface LiveDisk {
  snapshot: (name: string) => Promise<void>
  deleteSnapshot: (name: string) => Promise<void>
}

export class DesktopDisks {
  readonly #folders: Folders
  readonly #options: DiskOptions
  readonly #kept = new Map<string, Kept>()

  constructor(options: DiskOptions) {
    this.#options = options
    this.#folders = new Folders(options.root)
    for (const kept of this.#folders.load()) this.#kept.set(kept.ref, kept)
  }

  get(ref: string): Kept | undefined {
    return this.#kept.get(ref)
  }
  all(): Iterable<Kept> {
    return this.#kept.values()
  }
  folder(ref: string): string {
    return this.#folders.of(ref)
  }
  async noteRuns(ref: string, runs: boolean): Promise<void> {
    const kept = this.#kept.get(ref)
    if (!kept) return
    kept.runs = runs
    // Also when somebody is noting the same just now: both go on when it is on the disk, not before.
    await this.#folders.keep(kept)
  }
  path(ref: string): string {
    return this.#folders.disk(ref)
  }

  async create(spec: DesktopSpec, host: string, { op, signal, onProgress }: Long): Promise<Kept> {
    const ref = refOf(spec.tenant, spec.name)
    const standing = this.#kept.get(ref)
    if (standing?.op === op && !standing.gone) return standing
    if (standing && !standing.gone) throw new ProviderError('provider.exists', `${ref} is there already`)
    const { tenant, name, image, vcpus, memoryMiB } = spec
    const of = { ref, tenant, name, image, host, vcpus, memoryMiB }
    const kept: Kept = { ...of, op, createdAt: Date.now(), gone: false, snapshots: {} }
    await this.#folders.make(kept, async (folder) => {
      const disk = join(folder, 'disk.qcow2')
      await this.#copyImage(image, disk, signal, onProgress)
      await growTo(disk, spec.diskGiB * 2 ** 30)
    })
    this.#kept.set(ref, kept)
    return kept
  }

  async #copyImage(image: string, disk: string, signal: AbortSignal, onProgress: Long['onProgress']): Promise<void> {
    const { images, rate } = this.#options
    const copying = { signal, rate, compressed: false, onPart: (part: number) => onProgress({ part }) }
    if (Object.hasOwn(images, image)) {
      const scratch = await mkdtemp(join(tmpdir(), 'deskwatch-image-'))
      try {
        const raw = join(scratch, 'disk.raw')
        await must(images[image], 'it is its own property')(raw)
        return await copyTo({ path: raw, snapshot: null, running: false, format: 'raw' }, disk, copying)
      } finally {
        await rm(scratch, { recursive: true, force: true })
      }
    }
    if (!this.#isInside(image) || !existsSync(image))
      throw new ProviderError('provider.unknown-image', `no image ${JSON.stringify(image)}`)
    await refuseForeign(image)
    await copyTo({ path: image, snapshot: null, running: false }, disk, copying)
  }

  async delete(ref: string): Promise<void> {
    await this.#folders.remove(ref)
    this.#kept.delete(ref)
  }

  /** For one that its fleet's plan would bring back. */
  async rememberGone(tenant: string, name: string): Promise<void> {
    const nothing = { image: '', host: '', vcpus: 0, memoryMiB: 0, op: '', createdAt: 0, snapshots: {} }
    const gone: Kept = { ref: refOf(tenant, name), tenant, name, gone: true, ...nothing }
    await this.#folders.keep(gone)
    this.#kept.set(gone.ref, gone)
  }

  /** A running desktop whose disk no process holds: only that it runs counts. */
  unheld(ref: string): LiveDisk {
    const path = this.path(ref)
    return {
      snapshot: (name) => snapshotAct('create', path, name),
      deleteSnapshot: (name) => snapshotAct('delete', path, name),
    }
  }

  async describe(ref: string, running: boolean): Promise<DiskAt[]> {
    const path = this.path(ref)
    const { virtualBytes, bytes, hasBackingFile } = await infoOf(path, running)
    return [{ path, virtualBytes, bytes, hasBackingFile, bootable: running ? null : await isBootable(path) }]
  }

  async createSnapshot(ref: string, name: string, long: Long, live: LiveDisk | null): Promise<SnapshotAt> {
    const kept = must(this.#kept.get(ref), 'its provider knows it')
    const path = this.path(ref)
    const running = live !== null
    const standing = (await infoOf(path, running)).snapshots.some((one) => one.name === name)
    if (standing && kept.snapshots[name]?.op === long.op && kept.snapshots[name].done)
      return this.#snapshotAt(kept, name, running)
    if (standing) throw new ProviderError('provider.exists', `${ref} has a snapshot ${name} already`)
    const consistency = running ? 'crash-consistent' : 'clean'
    await this.#note(kept, name, { consistency, bytes: 0, op: long.op, done: false })
    try {
      await (live ? live.snapshot(name) : snapshotAct('create', path, name, long.signal))
      const bytes = await measure(path, name, running)
      const onPart = (part: number) => long.onProgress({ part, bytesDone: Math.round(part * bytes), bytesTotal: bytes })
      await readThrough(path, name, running, { signal: long.signal, rate: this.#options.rate, onPart })
      await this.#note(kept, name, { consistency, bytes, op: long.op, done: true })
    } catch (error) {
      await this.#takeBack(kept, name, live).catch((left: unknown) => {
        throw new AggregateError([error, left], `snapshot ${name} of ${ref} is neither whole nor taken back yet`)
      })
      throw error
    }
    return this.#snapshotAt(kept, name, running)
  }

  async #note(kept: Kept, name: string, snapshot: Kept['snapshots'][string] | null): Promise<void> {
    if (snapshot) kept.snapshots[name] = snapshot
    else delete kept.snapshots[name]
    await this.#folders.keep(kept)
  }

  async #takeBack(kept: Kept, name: string, live: LiveDisk | null): Promise<void> {
    await this.#drop(kept, name, live)
    await this.#note(kept, name, null)
  }

  /** What a process that died had begun. */
  async takeBackUnfinished(ref: string, live: LiveDisk | null): Promise<void> {
    const kept = this.#kept.get(ref)
    for (const [name, snapshot] of Object.entries(kept?.snapshots ?? {})) {
      if (kept && !snapshot.done) await this.#takeBack(kept, name, live)
    }
  }

  async #drop(kept: Kept, name: string, live: LiveDisk | null): Promise<void> {
    const path = this.path(kept.ref)
    const { snapshots } = await infoOf(path, live !== null)
    if (!snapshots.some((one) => one.name === name)) return
    await (live ? live.deleteSnapshot(name) : snapshotAct('delete', path, name))
  }

  async #snapshotAt(kept: Kept, name: string, running: boolean): Promise<SnapshotAt> {
    const found = (await this.listSnapshots(kept.ref, running)).find(({ ref }) => ref === name)
    return must(found, 'it was taken just now')
  }

  /** The disk itself is the truth; what is not ours or not done is told with care, or not yet. */
  async listSnapshots(ref: string, running: boolean): Promise<SnapshotAt[]> {
    const kept = must(this.#kept.get(ref), 'its provider knows it')
    const { snapshots } = await infoOf(this.path(ref), running)
    return snapshots
      .filter(({ name }) => kept.snapshots[name]?.done !== false)
      .map(({ name, at }) => {
        const { consistency = 'crash-consistent', bytes = 0 } = kept.snapshots[name] ?? {}
        return { ref: name, consistency, bytes, at }
      })
  }

  async #known(ref: string, name: string, running: boolean): Promise<DiskInfo> {
    const info = await infoOf(this.path(ref), running)
    if (!info.snapshots.some((one) => one.name === name))
      throw new ProviderError('provider.unknown-snapshot', `${ref} has no snapshot ${JSON.stringify(name)}`)
    return info
  }

  async restoreSnapshot(ref: string, name: string, signal: AbortSignal): Promise<void> {
    await this.#known(ref, name, false)
    await snapshotAct('restore', this.path(ref), name, signal)
  }

  async deleteSnapshot(ref: string, name: string, live: LiveDisk | null): Promise<void> {
    await this.#known(ref, name, live !== null)
    await this.#takeBack(must(this.#kept.get(ref), 'its provider knows it'), name, live)
  }

  async exportImage(
    { ref, snapshot, running }: { ref: string; snapshot: string | null; running: boolean },
    to: string,
    { signal, onProgress }: Long,
  ): Promise<ExportedImage> {
    if (!this.#isInside(to)) throw new ProviderError('provider.invalid', 'an export lies inside DATA_DIR')
    if (existsSync(to)) throw new ProviderError('provider.exists', `${to} is there already`)
    const path = this.path(ref)
    const { virtualBytes } = snapshot === null ? await infoOf(path, running) : await this.#known(ref, snapshot, running)
    const bytesTotal = await measure(path, snapshot, running)
    // The checksum of what was copied takes the last of a hundred parts.
    const onPart = (part: number) =>
      onProgress({ part: Math.min(part, 0.99), bytesDone: Math.round(part * bytesTotal), bytesTotal })
    const { rate } = this.#options
    await copyTo({ path, snapshot, running }, to, { signal, rate, onPart, compressed: true })
    try {
      return { path: to, format: 'qcow2', virtualBytes, ...(await sha256Of(to, signal)) }
    } catch (error) {
      await rm(to, { force: true })
      throw error
    }
  }

  check(ref: string, signal: AbortSignal): Promise<DiskVerdict> {
    return check(this.path(ref), signal)
  }

  #isInside(path: string): boolean {
    return normalize(path) === path && path.startsWith(this.#options.dataDir + sep)
  }
}
