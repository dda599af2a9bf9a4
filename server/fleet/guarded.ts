/**
 * The rules that hold for every provider, said once around each: offered or refused, names that are safe, one act at a
 * time per desktop, a time limit, progress that is true to its word.
 */
import {
  ProviderError,
  refOf,
  type Capability,
  type DesktopProvider,
  type DesktopSpec,
  type Long,
  type Progress,
} from './provider.ts'

export interface TimeLimits {
  /** Power, snapshots, deletion, ms. */
  quickMs: number
  /** What copies or reads a whole disk, ms. */
  copyMs: number
}
export const usualLimits: TimeLimits = { quickMs: 120_000, copyMs: 3_600_000 }
/** A provider that was told to stop and does not: its caller waits no longer. */
const stopGraceMs = 10_000

/** Letters first, so that no tool takes a name for a number or an option. */
const snapshotName = /^[A-Za-z][A-Za-z0-9._-]{0,99}$/
const tenantCode = /^[a-z0-9][a-z0-9-]{0,62}$/
const desktopName = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,99}$/u

export function guarded(inner: DesktopProvider, limits: TimeLimits = usualLimits): DesktopProvider {
  const acts = new Acts(inner)
  const offered = (what: Capability) => acts.offered(what)
  return {
    name: inner.name,
    offers: inner.offers,
    listHosts: async () => (offered('hosts'), inner.listHosts()),
    listDesktops: async () => (offered('probe'), inner.listDesktops()),
    probe: async (ref) => (offered('probe'), inner.probe(ref)),
    listSnapshots: async (ref) => (offered('snapshots'), inner.listSnapshots(ref)),
    screenshot: async (ref) => (offered('console'), inner.screenshot(ref)),
    blockStatistics: async (ref) => (offered('console'), inner.blockStatistics(ref)),
    start: (ref, long) => acts.run('power', ref, limits.quickMs, long, (kept) => inner.start(ref, kept)),
    stop: (ref, how, long) =>
      acts.run('power', ref, how.graceMs + limits.quickMs, long, (kept) => inner.stop(ref, how, kept)),
    create(spec, long) {
      const wrong = wrongSpec(spec)
      if (wrong) return invalid(wrong)
      const key = refOf(spec.tenant, spec.name)
      return acts.run('create', key, limits.copyMs, long, (kept) => inner.create(spec, kept))
    },
    delete: (ref, long) => acts.run('delete', ref, limits.quickMs, long, (kept) => inner.delete(ref, kept)),
    createSnapshot(ref, name, long) {
      if (!snapshotName.test(name)) return invalid(`a snapshot cannot be named ${JSON.stringify(name)}`)
      return acts.run('snapshots', ref, limits.copyMs, long, (kept) => inner.createSnapshot(ref, name, kept))
    },
    restoreSnapshot: (ref, name, long) =>
      acts.run('snapshots', ref, limits.quickMs, long, (kept) => inner.restoreSnapshot(ref, name, kept)),
    deleteSnapshot: (ref, name, long) =>
      acts.run('snapshots', ref, limits.quickMs, long, (kept) => inner.deleteSnapshot(ref, name, kept)),
    exportImage: (from, to, long) =>
      acts.run('export', from.ref, limits.copyMs, long, (kept) => inner.exportImage(from, to, kept)),
    checkDisk: (ref, long) => acts.run('check', ref, limits.copyMs, long, (kept) => inner.checkDisk(ref, kept)),
  }
}

const invalid = async (why: string): Promise<never> => {
  throw new ProviderError('provider.invalid', why)
}

function wrongSpec({ tenant, name, vcpus, memoryMiB, diskGiB }: DesktopSpec): string | null {
  const within = (value: number, least: number, most: number) =>
    Number.isInteger(value) && value >= least && value <= most
  if (!tenantCode.test(tenant)) return `${JSON.stringify(tenant)} is no tenant code`
  if (!desktopName.test(name)) return `a desktop cannot be named ${JSON.stringify(name)}`
  if (!within(vcpus, 1, 64)) return `${vcpus} virtual processors`
  if (!within(memoryMiB, 8, 1_048_576)) return `${memoryMiB} MiB of memory`
  if (!within(diskGiB, 0, 65_536)) return `a disk of ${diskGiB} GiB`
  return null
}

class Acts {
  readonly #provider: DesktopProvider
  readonly #busy = new Map<string, string>()

  constructor(provider: DesktopProvider) {
    this.#provider = provider
  }

  offered(what: Capability): void {
    if (this.#provider.offers.has(what)) return
    throw new ProviderError('provider.not-offered', `the provider ${this.#provider.name} does not offer ${what}`)
  }

  async run<T>(
    what: Capability,
    key: string,
    limitMs: number,
    long: Long,
    act: (long: Long) => Promise<T>,
  ): Promise<T> {
    this.offered(what)
    if (long.signal.aborted) throw cancelled()
    const other = this.#busy.get(key)
    if (other !== undefined) throw new ProviderError('provider.busy', `${key}: ${other} is not done yet`)
    this.#busy.set(key, long.op)
    const timeout = AbortSignal.timeout(limitMs)
    const signal = AbortSignal.any([long.signal, timeout])
    const truth = new Truth(long.onProgress)
    // Held until it really ended, also when its caller waits no longer.
    const acting = act({ op: long.op, signal, onProgress: (progress) => truth.tell(progress) }).finally(() =>
      this.#busy.delete(key),
    )
    try {
      const done = await Promise.race([acting, deaf(signal)])
      truth.done()
      return done
    } catch (error) {
      if (timeout.aborted && !long.signal.aborted)
        throw new ProviderError('provider.timeout', `not done within ${limitMs / 1000} s`, { cause: error })
      if (long.signal.aborted) throw cancelled(error)
      throw isNoSpace(error) ? new ProviderError('disk.no-space', 'no space left', { cause: error }) : error
    }
  }
}

const cancelled = (cause?: unknown) => new ProviderError('provider.cancelled', 'stopped as asked', { cause })

const isNoSpace = (error: unknown) =>
  error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')

/** Rejects some time after the signal. */
function deaf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener(
      'abort',
      () => {
        setTimeout(() => reject(new ProviderError('provider.fault', 'does not stop')), stopGraceMs).unref()
      },
      { once: true },
    )
  })
}

/** Whatever a provider says, what is told never goes back and never says done before it is. */
class Truth {
  readonly #told: (progress: Progress) => void
  #part = 0
  #last: Progress = { part: null }

  constructor(told: (progress: Progress) => void) {
    this.#told = told
  }

  tell(progress: Progress): void {
    const { part } = progress
    if (part === null || !Number.isFinite(part)) {
      if (this.#part === 0) this.#told((this.#last = { part: null }))
      return
    }
    const capped = Math.min(part, 0.999)
    if (capped <= this.#part) return
    this.#part = capped
    this.#told((this.#last = { ...progress, part: this.#part }))
  }

  done(): void {
    const { bytesTotal } = this.#last
    this.#told(bytesTotal === undefined ? { part: 1 } : { part: 1, bytesDone: bytesTotal, bytesTotal })
  }
}
