/** Looks at a qcow2 file of unknown origin before any tool opens it: a header may name any file of this machine. */
import { open } from 'node:fs/promises'
import { ProviderError } from '../provider.ts'

const magic = 0x51_46_49_fb
const externalData = 1n << 2n
/** dirty, corrupt, external data, compression type, extended L2: what this program knows. */
const known = 0b11111n
const extensionExternalData = 0x44_41_54_41
const mostExtensions = 64

export async function refuseForeign(path: string): Promise<void> {
  if (!path.startsWith('/')) throw new ProviderError('disk.foreign', 'an image is a file by its whole path')
  const file = await open(path, 'r')
  try {
    if (!(await file.stat()).isFile()) throw new ProviderError('disk.foreign', 'an image is a plain file')
    const header = Buffer.alloc(65_536)
    const { bytesRead } = await file.read(header, 0, header.length, 0)
    const wrong = foreignIn(header.subarray(0, bytesRead))
    if (wrong) throw new ProviderError('disk.foreign', wrong)
  } finally {
    await file.close()
  }
}

/** Why it may not be opened; null: nothing in its header reaches outside. Fields as in QEMU's docs/interop/qcow2.txt. */
export function foreignIn(header: Buffer): string | null {
  if (header.length < 104 || header.readUInt32BE(0) !== magic) return 'no qcow2 image'
  const version = header.readUInt32BE(4)
  if (version !== 2 && version !== 3) return `qcow2 of version ${version}`
  if (header.readBigUInt64BE(8) !== 0n || header.readUInt32BE(16) !== 0) return 'has a backing file'
  if (header.readUInt32BE(32) !== 0) return 'is encrypted'
  const incompatible = version === 3 ? header.readBigUInt64BE(72) : 0n
  if (incompatible & externalData) return 'keeps its data in another file'
  if (incompatible & ~known) return 'uses features that are not known here'
  return foreignExtension(header, version === 3 ? header.readUInt32BE(100) : 72)
}

function foreignExtension(header: Buffer, start: number): string | null {
  let at = start
  for (let n = 0; n < mostExtensions; n++) {
    if (at + 8 > header.length) return 'has a header that does not end'
    const type = header.readUInt32BE(at)
    if (type === 0) return null
    if (type === extensionExternalData) return 'names a data file'
    at += 8 + Math.ceil(header.readUInt32BE(at + 4) / 8) * 8
  }
  return 'has too many header extensions'
}
