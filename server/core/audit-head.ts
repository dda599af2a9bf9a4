/** The signed end of a tenant's chain, kept in a file outside the database so that a cut tail is noticed. */
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { canonical } from './audit.ts'
import type { Envelope } from './envelope.ts'

const Head = z.object({ tenant: z.string(), n: z.number(), hash: z.string(), at: z.number(), signature: z.string() })
export type Head = z.infer<typeof Head>

const purpose = 'audit-head'
const folder = (dataDir: string) => join(dataDir, 'audit')
const fileOf = (dataDir: string, tenant: string) => join(folder(dataDir), `${tenant}.head`)

const mac = (key: Buffer, head: Omit<Head, 'signature'>) =>
  createHmac('sha256', key).update(canonical(head)).digest('hex')

export function signHead(envelope: Envelope, head: Omit<Head, 'signature'>): Head {
  return { ...head, signature: mac(envelope.derive(purpose), head) }
}

/** A head that does not carry our signature is no head. */
export function checkedHead(envelope: Envelope, value: unknown, tenant: string): Head | null {
  const parsed = Head.safeParse(value)
  if (!parsed.success || parsed.data.tenant !== tenant) return null
  const { signature, ...head } = parsed.data
  const given = Buffer.from(signature, 'hex')
  const signed = envelope.deriveAll(purpose).some((key) => {
    const expected = Buffer.from(mac(key, head), 'hex')
    return given.length === expected.length && timingSafeEqual(given, expected)
  })
  return signed ? parsed.data : null
}

/** 'forged': there is a file, but not with our signature. */
export async function readHeadFile(
  envelope: Envelope,
  dataDir: string,
  tenant: string,
): Promise<Head | null | 'forged'> {
  let text: string
  try {
    text = await readFile(fileOf(dataDir, tenant), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
  return checkedHead(envelope, parsed(text), tenant) ?? 'forged'
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

export async function writeHeadFile(dataDir: string, head: Head): Promise<void> {
  await mkdir(folder(dataDir), { recursive: true })
  const file = fileOf(dataDir, head.tenant)
  // Two writers may sign at once, also in one process: each has a draft of its own.
  const draftName = `${file}.${randomUUID()}`
  const draft = await open(draftName, 'w', 0o600)
  await draft.writeFile(`${JSON.stringify(head)}\n`)
  await draft.sync()
  await draft.close()
  await rename(draftName, file)
}
