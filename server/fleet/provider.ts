/** The one interface to where desktops really are. A new hypervisor is one folder with an implementation of this. */

export type ProviderErrorCode =
  /** This provider does not do that (yet): said, never pretended. */
  | 'provider.not-offered'
  | 'provider.unknown-desktop'
  | 'provider.unknown-snapshot'
  /** Not in this state of the desktop. */
  | 'provider.state'
  | 'provider.cancelled'
  | 'provider.timeout'
  | 'provider.fault'

export class ProviderError extends Error {
  readonly code: ProviderErrorCode

  constructor(code: ProviderErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Long calls report where they are and stop when told; a stopped call leaves nothing half-made and throws `provider.cancelled`. */
export interface Long {
  signal: AbortSignal
  onProgress: (progress: Progress) => void
}
export interface Progress {
  /** 0–1, never going back; null while unknown. */
  part: number | null
  bytesDone?: number
  bytesTotal?: number
}

export type PowerState = 'off' | 'starting' | 'running' | 'stopping'

export interface DesktopSpec {
  name: string
  image: string
  vcpus: number
  memoryMiB: number
  diskGiB: number
  network: string
  policy: string
}
export interface DesktopAt {
  /** The provider's own name of the desktop. */
  ref: string
  host: string
  power: PowerState
}

export interface SnapshotAt {
  ref: string
  /** Taken of a powered-off disk, or of a running one that may have unwritten data. */
  consistency: 'clean' | 'crash-consistent'
  bytes: number
  at: number
}
export interface ExportedImage {
  path: string
  format: 'qcow2'
  bytes: number
  virtualBytes: number
  sha256: string
}

export interface HostAt {
  name: string
  zone: string
  vcpus: number
  memoryGiB: number
  desktops: number
  /** %, null where the provider cannot tell. */
  cpu: number | null
  memory: number | null
}

/** What detection wants to know; null is "cannot tell", never a guess. */
export interface Probe {
  power: PowerState
  host: string
  agentVersion: string | null
  patchVersion: string | null
  disks: { path: string; virtualBytes: number; bytes: number; hasBackingFile: boolean }[] | null
}

export const capabilities = ['hosts', 'power', 'probe', 'create', 'delete', 'snapshots', 'export'] as const
export type Capability = (typeof capabilities)[number]

export interface DesktopProvider {
  readonly name: 'qemu' | 'simulated'
  /** Calls of other capabilities throw `provider.not-offered`. */
  readonly offers: ReadonlySet<Capability>
  listHosts: () => Promise<HostAt[]>
  probe: (ref: string) => Promise<Probe>
  start: (ref: string, long: Long) => Promise<void>
  /** Asks the guest first; `force` pulls the plug. */
  stop: (ref: string, how: { force: boolean; graceMs: number }, long: Long) => Promise<void>
  create: (spec: DesktopSpec, long: Long) => Promise<DesktopAt>
  delete: (ref: string, long: Long) => Promise<void>
  createSnapshot: (ref: string, name: string, long: Long) => Promise<SnapshotAt>
  deleteSnapshot: (ref: string, snapshot: string, long: Long) => Promise<void>
  exportImage: (from: { ref: string; snapshot: string | null }, to: string, long: Long) => Promise<ExportedImage>
}
