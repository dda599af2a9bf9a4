/** The one interface to where desktops really are. A new hypervisor is one folder with an implementation of this. */

export const providerErrorCodes = [
  /** This provider does not do that (yet): said, never pretended. */
  'provider.not-offered',
  /** The process that holds the desktops cannot be reached. */
  'provider.unavailable',
  'provider.unknown-desktop',
  'provider.unknown-snapshot',
  'provider.unknown-image',
  /** A desktop, snapshot or file of that name stands already. */
  'provider.exists',
  /** A name, path or size that no act may use. */
  'provider.invalid',
  /** Another act on the same desktop is not done yet. */
  'provider.busy',
  /** Not in this state of the desktop. */
  'provider.state',
  'provider.cancelled',
  'provider.timeout',
  /** The connection was lost and did not come back: whether it was done, `probe` has to say. */
  'provider.unknown-outcome',
  'provider.fault',
  'disk.no-space',
  'disk.corrupt',
  'disk.locked',
  /** An image that names other files: never opened. */
  'disk.foreign',
  'guest.ignored-acpi',
  'guest.no-boot',
  'guest.died',
] as const
export type ProviderErrorCode = (typeof providerErrorCodes)[number]

export class ProviderError extends Error {
  readonly code: ProviderErrorCode

  constructor(code: ProviderErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Long calls report where they are and stop when told; a stopped call leaves nothing half-made and throws `provider.cancelled`. */
export interface Long {
  /** Names this act, e.g. order, attempt and step: asked again under the same name, it is done once and answered twice. */
  op: string
  signal: AbortSignal
  onProgress: (progress: Progress) => void
}
export interface Progress {
  /** 0–1, never going back, 1 only with success; null while unknown. */
  part: number | null
  bytesDone?: number
  bytesTotal?: number
}

export type PowerState = 'off' | 'starting' | 'running' | 'stopping'

export interface DesktopSpec {
  tenant: string
  name: string
  /** A built-in one by its name, or the absolute path of a qcow2 file inside DATA_DIR; it is copied whole. */
  image: string
  vcpus: number
  memoryMiB: number
  /** At least the image's own size; 0: just that. */
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
  /** What a copy of it would take, as qemu-img measures it. */
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

export interface DiskAt {
  path: string
  virtualBytes: number
  bytes: number
  hasBackingFile: boolean
  /** The first sector ends as one that can be started; null: not looked at (a running desktop). */
  bootable: boolean | null
}

/** What detection wants to know; null is "cannot tell", never a guess. */
export interface Probe {
  power: PowerState
  host: string
  agentVersion: string | null
  patchVersion: string | null
  disks: DiskAt[] | null
  /** Why a running desktop stands still, e.g. `disk.no-space`. */
  trouble: ProviderErrorCode | null
}

export interface DiskVerdict {
  /** Neither corruption nor an error of the check itself; leaked clusters waste space only. */
  ok: boolean
  corruptions: number
  leaks: number
  checkErrors: number
}

export interface Screenshot {
  mime: 'image/png'
  base64: string
  at: number
}
export interface BlockStatistics {
  readBytes: number
  writtenBytes: number
  reads: number
  writes: number
}

export const capabilities = [
  'hosts',
  'power',
  'probe',
  'create',
  'delete',
  'snapshots',
  'export',
  'check',
  'console',
] as const
export type Capability = (typeof capabilities)[number]

export type ProviderName = 'qemu' | 'simulated'

export interface DesktopProvider {
  readonly name: ProviderName
  /** Calls of other capabilities throw `provider.not-offered`. */
  readonly offers: ReadonlySet<Capability>
  listHosts: () => Promise<HostAt[]>
  listDesktops: () => Promise<DesktopAt[]>
  probe: (ref: string) => Promise<Probe>
  start: (ref: string, long: Long) => Promise<void>
  /** Asks the guest first (`guest.ignored-acpi` when it does not listen); `force` pulls the plug. */
  stop: (ref: string, how: { force: boolean; graceMs: number }, long: Long) => Promise<void>
  create: (spec: DesktopSpec, long: Long) => Promise<DesktopAt>
  /** Only a powered-off one; its snapshots go with it. */
  delete: (ref: string, long: Long) => Promise<void>
  /** Taken, then read through once: one that cannot be read is taken back. */
  createSnapshot: (ref: string, name: string, long: Long) => Promise<SnapshotAt>
  listSnapshots: (ref: string) => Promise<SnapshotAt[]>
  /** Only of a powered-off desktop. */
  restoreSnapshot: (ref: string, snapshot: string, long: Long) => Promise<void>
  deleteSnapshot: (ref: string, snapshot: string, long: Long) => Promise<void>
  /** From a snapshot, or (null) from the disk of a powered-off desktop; `to` is an absolute path inside DATA_DIR. */
  exportImage: (from: { ref: string; snapshot: string | null }, to: string, long: Long) => Promise<ExportedImage>
  /** Only of a powered-off desktop. */
  checkDisk: (ref: string, long: Long) => Promise<DiskVerdict>
  screenshot: (ref: string) => Promise<Screenshot>
  blockStatistics: (ref: string) => Promise<BlockStatistics>
}

/** How the providers of this repository name desktops: as the inventory does. */
export const refOf = (tenant: string, name: string) => `${tenant}:${name.normalize('NFC').toLowerCase()}`
