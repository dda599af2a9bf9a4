/** The disk of a simulated desktop: a few real sectors from a seed on a disk that is mostly empty. */
import { open } from 'node:fs/promises'
import type { BuiltIn } from '../disks/desktop-disks.ts'
import { Random } from './random.ts'

const diskBytes = 64 * 2 ** 20
const dataBytes = 256 * 2 ** 10

export async function writeSimulatedDisk(path: string, seed: number): Promise<void> {
  const random = new Random(seed)
  const data = Buffer.from(Uint32Array.from({ length: dataBytes / 4 }, () => random.next() * 2 ** 32).buffer)
  data.writeUInt16BE(0x55aa, 510)
  const file = await open(path, 'w', 0o640)
  try {
    await file.write(data)
    await file.truncate(diskBytes)
  } finally {
    await file.close()
  }
}

/** Every built-in image is the same small disk here: no guest runs from it. */
const made: BuiltIn = (path) => writeSimulatedDisk(path, 1)
export const simulatedImages = { simulated: made, guest: made, 'guest-deaf': made }
