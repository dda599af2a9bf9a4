import { mkdtemp, readFile, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { addMasterKey, Envelope, envelopeOf, masterKeyFile } from './envelope.ts'

const secret = 'JBSWY3DPEHPK3PXP'

test('a sealed secret opens for its owner alone, and not when a byte was changed', () => {
  const envelope = new Envelope([randomBytes(32)])
  const sealed = envelope.seal(secret, 'acme:operator:admin')
  expect(sealed).not.toContain(secret)
  expect(envelope.open(sealed, 'acme:operator:admin')).toBe(secret)
  expect(() => envelope.open(sealed, 'globex:operator:admin')).toThrow()
  const last = sealed.at(-1) === 'A' ? 'B' : 'A'
  expect(() => envelope.open(sealed.slice(0, -1) + last, 'acme:operator:admin')).toThrow()
  expect(() => new Envelope([randomBytes(32)]).open(sealed, 'acme:operator:admin')).toThrow(/not in the key file/)
})

test('two seals of the same secret differ', () => {
  const envelope = new Envelope([randomBytes(32)])
  expect(envelope.seal(secret, 'a')).not.toBe(envelope.seal(secret, 'a'))
})

test('the key file is made once with mode 0600, and a running server opens what a rotated key sealed', async () => {
  const config = { DATA_DIR: await mkdtemp(join(tmpdir(), 'deskwatch-keys-')) }
  const before = await envelopeOf(config)
  const sealed = before.seal(secret, 'acme:operator:admin')
  expect((await stat(masterKeyFile(config))).mode & 0o777).toBe(0o600)
  const after = await addMasterKey(config)
  const moved = after.rewrap(sealed, 'acme:operator:admin')
  expect(moved).not.toBe(sealed)
  expect(after.open(sealed, 'acme:operator:admin')).toBe(secret)
  expect(before.open(moved, 'acme:operator:admin')).toBe(secret)
  expect((await readFile(masterKeyFile(config), 'utf8')).trim().split('\n')).toHaveLength(2)
})
