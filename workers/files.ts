/** Files of orders: `DATA_DIR/work/<tenant>/<number>/<attempt>/`. What no finished step kept goes with its attempt. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import type { Config } from '../server/core/config.ts'
import type { Made, OrderDoc } from '../server/features/work-orders/jobs.ts'

export const workDir = ({ DATA_DIR }: Pick<Config, 'DATA_DIR'>) => resolve(DATA_DIR, 'work')

const mostTries = 20

export class OrderFiles {
  readonly #root: string
  readonly #dir: string

  constructor(root: string, { tenant, number }: Pick<OrderDoc, 'tenant' | 'number'>) {
    this.#root = root
    this.#dir = join(root, tenant, number)
  }

  async begin(attempt: number, tries = mostTries): Promise<void> {
    try {
      await mkdir(join(this.#dir, String(attempt)), { recursive: true })
    } catch (error) {
      // The tenant's folder went just now, with another order that was its last: it is made again.
      if (tries <= 1 || !isNoFolder(error)) throw error
      await this.begin(attempt, tries - 1)
    }
  }

  path(attempt: number, name: string): string {
    return join(this.#dir, String(attempt), name)
  }

  /** Without the folders of this machine: its work, and beside it its desktops' disks. */
  hidden(text: string): string {
    return text.replaceAll(`${this.#root}/`, '').replaceAll(`${dirname(this.#root)}/`, '')
  }

  /** Where a kept file lies. */
  of({ path }: Made): string {
    return join(this.#root, path)
  }

  async made(path: string): Promise<Made> {
    return { path: relative(this.#root, path), bytes: (await stat(path)).size, sha256: await sha256(path) }
  }

  async holds(made: Made): Promise<boolean> {
    try {
      const { size } = await stat(this.of(made))
      return size === made.bytes && (await sha256(this.of(made))) === made.sha256
    } catch (error) {
      if (isMissing(error)) return false
      throw error
    }
  }

  /** Everything up to that attempt but what finished steps keep: a later attempt's files are its own. */
  async clean(keep: readonly Made[], upTo = Infinity): Promise<void> {
    const kept = new Set(keep.map((made) => this.of(made)))
    for (const attempt of await list(this.#dir))
      if (Number(attempt) <= upTo) await removeBut(join(this.#dir, attempt), kept)
    // Empty folders go too: the order's, and the tenant's with its last order.
    for (const dir of [this.#dir, join(this.#dir, '..')]) await removeEmpty(dir)
  }
}

async function removeEmpty(dir: string): Promise<void> {
  try {
    await rmdir(dir)
  } catch (error) {
    if (!isMissing(error) && !isFull(error)) throw error
  }
}

/** The path, unless something kept lies in it: then all else in it. */
async function removeBut(path: string, kept: ReadonlySet<string>): Promise<void> {
  if (kept.has(path)) return
  if (![...kept].some((one) => one.startsWith(`${path}/`))) return rm(path, { recursive: true, force: true })
  for (const entry of await list(path)) await removeBut(join(path, entry), kept)
}

/** Folders of orders, as `[tenant, number]`. */
export async function* ordersWithFiles(root: string): AsyncGenerator<[tenant: string, number: string]> {
  for (const tenant of await list(root)) for (const number of await list(join(root, tenant))) yield [tenant, number]
}

async function list(dir: string): Promise<string[]> {
  try {
    return await readdir(dir)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const part of createReadStream(path)) hash.update(part as Buffer)
  return hash.digest('hex')
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined)
/** How a folder that went while it was looked at appears to `mkdir`. */
const isNoFolder = (error: unknown) => codeOf(error) === 'ENOTDIR'
const isMissing = (error: unknown) => codeOf(error) === 'ENOENT'
const isFull = (error: unknown) => codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST'
