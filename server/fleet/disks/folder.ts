/** Where the desktops of one provider lie: `<root>/<tenant>/<name and hash>/{desktop.json, disk.qcow2}`. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as z from 'zod/mini'
import { refOf } from '../provider.ts'

const Kept = z.object({
  ref: z.string(),
  tenant: z.string(),
  name: z.string(),
  image: z.string(),
  host: z.string(),
  vcpus: z.number(),
  memoryMiB: z.number(),
  /** The act that made it. */
  op: z.string(),
  createdAt: z.number(),
  /** Ran when it was last known, so it is to run again after a restart of the whole machine. */
  runs: z.optional(z.boolean()),
  /** Deleted, and remembered because something else would bring it back. */
  gone: z.boolean(),
  snapshots: z.record(
    z.string(),
    z.object({
      consistency: z.enum(['clean', 'crash-consistent']),
      bytes: z.number(),
      op: z.string(),
      /** Begun and not ended: taken back at the next start. */
      done: z.boolean(),
    }),
  ),
})
export type Kept = z.infer<typeof Kept>

export class Folders {
  readonly root: string
  readonly #writing = new Map<string, Promise<void>>()

  constructor(root: string) {
    this.root = root
    mkdirSync(root, { recursive: true, mode: 0o750 })
  }

  of(ref: string): string {
    const [tenant, name] = splitRef(ref)
    return join(this.root, tenant, folderName(ref, name))
  }
  disk(ref: string): string {
    return join(this.of(ref), 'disk.qcow2')
  }

  /** Everything that is whole; what was begun by a process that died is cleared away. */
  load(): Kept[] {
    const found: Kept[] = []
    for (const tenant of readdirSync(this.root, { withFileTypes: true })) {
      if (!tenant.isDirectory()) continue
      for (const entry of readdirSync(join(this.root, tenant.name))) {
        const folder = join(this.root, tenant.name, entry)
        const file = join(folder, 'desktop.json')
        if (entry.startsWith('.') || !existsSync(file)) rmSync(folder, { recursive: true, force: true })
        else found.push(Kept.parse(JSON.parse(readFileSync(file, 'utf8'))))
      }
    }
    return found
  }

  /** `fill` works in a folder that takes its name only when it is done. */
  async make(kept: Kept, fill: (folder: string) => Promise<void>): Promise<void> {
    const folder = this.of(kept.ref)
    const half = join(dirname(folder), `.new-${hashOf(kept.ref)}`)
    await rm(half, { recursive: true, force: true })
    await mkdir(half, { recursive: true, mode: 0o750 })
    try {
      await fill(half)
      await writeWhole(join(half, 'desktop.json'), kept)
      // A desktop that is remembered as deleted gives way.
      await rm(folder, { recursive: true, force: true })
      await rename(half, folder)
    } finally {
      await rm(half, { recursive: true, force: true })
    }
  }

  keep(kept: Kept): Promise<void> {
    return this.#inOrder(kept.ref, async () => {
      await mkdir(this.of(kept.ref), { recursive: true, mode: 0o750 })
      await writeWhole(join(this.of(kept.ref), 'desktop.json'), kept)
    })
  }

  /** Gone at once under its name, whatever happens to the rest. */
  remove(ref: string): Promise<void> {
    return this.#inOrder(ref, async () => {
      const folder = this.of(ref)
      const going = join(dirname(folder), `.gone-${hashOf(ref)}`)
      await rm(going, { recursive: true, force: true })
      await rename(folder, going)
      await rm(going, { recursive: true, force: true })
    })
  }

  /** A machine may end while something else is noted of its desktop: one write after the other. */
  async #inOrder(ref: string, write: () => Promise<void>): Promise<void> {
    const before = this.#writing.get(ref) ?? Promise.resolve()
    const mine = before.then(write, write)
    this.#writing.set(ref, mine)
    try {
      await mine
    } finally {
      if (this.#writing.get(ref) === mine) this.#writing.delete(ref)
    }
  }
}

const hashOf = (ref: string) => createHash('sha256').update(ref).digest('hex').slice(0, 12)

/** Readable where it can be, and safe as a name of a folder whatever the desktop is called. */
export const folderName = (ref: string, name: string) =>
  `${name.replace(/[^a-z0-9]+/g, '-').slice(0, 40)}-${hashOf(ref)}`

function splitRef(ref: string): [tenant: string, name: string] {
  const at = ref.indexOf(':')
  const tenant = ref.slice(0, at)
  // A reference comes from outside; only one that names a tenant may become a path.
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(tenant)) return ['-', refOf('-', ref)]
  return [tenant, ref.slice(at + 1)]
}

async function writeWhole(path: string, value: unknown): Promise<void> {
  const half = `${path}.part`
  const file = await open(half, 'w', 0o640)
  try {
    await file.writeFile(JSON.stringify(value, null, 2))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(half, path)
}
