/** The images that need no file: disks that start the tiny guest, and the disk of a Linux that is started from outside. */
import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { BuiltIn } from '../disks/desktop-disks.ts'
import { guestBootSector } from './guest-code.ts'
import type { Kernel } from './machine.ts'

const diskBytes = 64 * 2 ** 20

const written =
  (sector: Buffer): BuiltIn =>
  async (path) => {
    const file = await open(path, 'w', 0o640)
    try {
      await file.write(sector)
      await file.truncate(diskBytes)
    } finally {
      await file.close()
    }
  }

/** Made by `node scripts/linux-guest.mjs`; null: not made on this machine. */
export function linuxKernel(): Kernel | null {
  const folder = join(import.meta.dirname, '../../../node_modules/.cache/deskwatch/linux-guest')
  const kernel = { vmlinuz: join(folder, 'vmlinuz'), initrd: join(folder, 'initrd') }
  return Object.values(kernel).every((path) => existsSync(path)) ? kernel : null
}
export const linuxImage = 'linux'
/** MiB; with less its kernel finds no room for the rest. */
export const leastLinuxMemory = 80

/** `guest-deaf` does not listen to its power button: to try what happens then. */
export const guestImages = (): Record<string, BuiltIn> => ({
  guest: written(guestBootSector()),
  'guest-deaf': written(guestBootSector({ deaf: true })),
  ...(linuxKernel() ? { [linuxImage]: written(Buffer.alloc(0)) } : {}),
})
