import { expect, test } from 'vitest'
import { hashPassword, passwordMatches, passwordProblem, randomPassword } from './passwords.ts'

test('a password is stored as argon2id and compared after normalisation, as keyboards write it differently', async () => {
  const hash = await hashPassword('Pässwort für alle')
  expect(hash).toMatch(/^\$argon2id\$v=19\$(?=[^$]*m=19456)(?=[^$]*t=2)(?=[^$]*p=1)/)
  expect(await passwordMatches(hash, 'Pa\u0308sswort fu\u0308r alle')).toBe(true)
  expect(await passwordMatches(hash, 'Passwort fur alle')).toBe(false)
  expect(await passwordMatches(null, 'anything at all')).toBe(false)
})

test('a new password is long, not one letter repeated, and not the name of the account', () => {
  expect(passwordProblem('short', 'admin@acme')).toMatch(/12/)
  expect(passwordProblem('aaaaaaaaaaaaaaa', 'admin@acme')).toMatch(/different/)
  expect(passwordProblem('my-admin-password', 'admin@acme')).toMatch(/username/)
  expect(passwordProblem(randomPassword(), 'admin@acme')).toBeNull()
})
