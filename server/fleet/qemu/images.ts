/** The images that need no file: disks that start the tiny guest. */
import { open } from 'node:fs/promises'
import type { BuiltIn } from '../disks/desktop-disks.ts'
import { guestBootSector } from './guest-code.ts'

const diskBytes = 64 * 2 ** 20

const written =
  (options: { deaf: boolean }): BuiltIn =>
  async (path) => {
    const file = await open(path, 'w', 0o640)
    try {
      await file.write(guestBootSector(options))
      await file.truncate(diskBytes)
    } finally {
      await file.close()
    }
  }

/** `guest-deaf` does not listen to its power button: to try what happens then. */
export const guestImages = { guest: written({ deaf: false }), 'guest-deaf': written({ deaf: true }) }
