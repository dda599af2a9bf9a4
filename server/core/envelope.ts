/**
 * Secrets at rest: each is sealed with a data key of its own (AES-256-GCM), the data key with the master key. Tenant and
 * id are bound in as associated data, so a sealed value moved to another document does not open.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { must } from './must.ts'

interface MasterKey {
  id: string
  key: Buffer
}

export class Envelope {
  #keys: MasterKey[]
  readonly #reread: (() => Buffer[]) | undefined

  /** Newest first: it seals; the older ones still open. `reread` finds keys that were added since. */
  constructor(keys: Buffer[], reread?: () => Buffer[]) {
    this.#keys = named(keys)
    this.#reread = reread
  }

  seal(text: string, owner: string): string {
    const { id, key } = this.#current()
    const dataKey = randomBytes(32)
    return ['e1', id, encrypt(key, dataKey, owner), encrypt(dataKey, Buffer.from(text, 'utf8'), owner)].join('.')
  }

  open(sealed: string, owner: string): string {
    const { wrapped, body, key } = this.#parts(sealed)
    return decrypt(decrypt(key, wrapped, owner), body, owner).toString('utf8')
  }

  /** The same secret under the newest master key; unchanged when it is there already. */
  rewrap(sealed: string, owner: string): string {
    const { wrapped, body, key, id } = this.#parts(sealed)
    const current = this.#current()
    if (id === current.id) return sealed
    return ['e1', current.id, encrypt(current.key, decrypt(key, wrapped, owner), owner), body].join('.')
  }

  /** A key for one purpose, derived from the newest master key (or, to check something old, from each). */
  derive(purpose: string): Buffer {
    return derived(this.#current().key, purpose)
  }

  deriveAll(purpose: string): Buffer[] {
    return this.#keys.map(({ key }) => derived(key, purpose))
  }

  #current(): MasterKey {
    return must(this.#keys[0], 'the constructor refuses an empty key list')
  }

  #parts(sealed: string) {
    const [version, id, wrapped, body] = sealed.split('.')
    if (version !== 'e1' || !id || !wrapped || !body) throw new Error('Not a sealed value')
    let key = this.#find(id)
    if (!key && this.#reread) {
      this.#keys = named(this.#reread())
      key = this.#find(id)
    }
    if (!key) throw new Error(`Sealed under master key ${id}, which is not in the key file`)
    return { id, wrapped, body, key }
  }

  #find(id: string): Buffer | undefined {
    return this.#keys.find((candidate) => candidate.id === id)?.key
  }
}

function named(keys: Buffer[]): MasterKey[] {
  if (!keys.length || keys.some((key) => key.length !== 32))
    throw new Error('The master key must be 32 bytes in base64')
  return keys.map((key) => ({ key, id: createHash('sha256').update(key).digest('hex').slice(0, 8) }))
}

const derived = (key: Buffer, purpose: string) => createHmac('sha256', key).update(`deskwatch:${purpose}`).digest()

function encrypt(key: Buffer, plain: Buffer, owner: string): string {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(owner, 'utf8'))
  const body = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')
}

function decrypt(key: Buffer, sealed: string, owner: string): Buffer {
  const bytes = Buffer.from(sealed, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAAD(Buffer.from(owner, 'utf8'))
  decipher.setAuthTag(bytes.subarray(12, 28))
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()])
}

type KeyPlace = { MASTER_KEY_FILE?: string | undefined; DATA_DIR: string }

export const masterKeyFile = (config: KeyPlace) => config.MASTER_KEY_FILE ?? join(config.DATA_DIR, 'master.key')

const opened = new Map<string, Promise<Envelope>>()

/** The installation's envelope, read once per file. */
export function envelopeOf(config: KeyPlace): Promise<Envelope> {
  const file = masterKeyFile(config)
  let envelope = opened.get(file)
  if (!envelope) opened.set(file, (envelope = readOrCreate(file)))
  return envelope
}

/** One key a line, newest first. Two processes that start at once agree on whichever file came first. */
async function readOrCreate(file: string): Promise<Envelope> {
  await mkdir(dirname(file), { recursive: true })
  try {
    await writeFile(file, `${randomBytes(32).toString('base64')}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  const read = () => parseKeys(readFileSync(file, 'utf8'))
  return new Envelope(read(), read)
}

function parseKeys(text: string): Buffer[] {
  const lines = text.split('\n').filter((line) => line.trim())
  return lines.map((line) => Buffer.from(line.trim(), 'base64'))
}

/** Puts a new key first in the file; what is sealed is rewrapped by the caller. */
export async function addMasterKey(config: KeyPlace): Promise<Envelope> {
  const file = masterKeyFile(config)
  const old = await readFile(file, 'utf8')
  await writeFile(file, `${randomBytes(32).toString('base64')}\n${old}`, { mode: 0o600 })
  await chmod(file, 0o600)
  opened.delete(file)
  return envelopeOf(config)
}
