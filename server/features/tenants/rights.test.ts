import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestHouse, type TestHouse } from '../../../tests/support/house.ts'
import { must } from '../../core/must.ts'
import { isRefusal } from '../../core/problems.ts'
import { SignIn } from '../../core/sign-in.ts'
import { SessionDocs, TokenDocs } from '../../core/tenants.ts'
import { expiry, watchRights } from './rights.ts'
import { createOperator, createTenant, createToken, editOperator, revokeToken } from './service.ts'

let house: TestHouse
const revoked: Record<string, string>[] = []
const password = 'correct horse battery'

beforeAll(async () => {
  house = await openTestHouse()
  house.core.revoke = (who) => void revoked.push({ ...who })
  watchRights(house.core)
  await createTenant(house.as('acme'), { code: 'acme', name: 'Acme', demo: true })
  await createOperator(house.as('acme'), { username: 'li', name: 'Li', role: 'operator', password })
})
afterAll(() => house.close())

const signIn = () =>
  new SignIn(house.core).signIn({
    username: 'li@acme',
    password,
    address: '10.0.0.1',
    agent: 'test',
    language: 'en',
    trace: 't',
  })

test('what takes rights away tells the sockets: a lower role, a revoked token, a disabled account with its sessions', async () => {
  const { operator, session } = await signIn()
  await editOperator(house.as('acme'), { id: operator._id, role: 'viewer' })
  expect(revoked.splice(0)).toEqual([{ operator: operator._id }])
  await editOperator(house.as('acme'), { id: operator._id, name: 'Li Na' })
  expect(revoked.splice(0)).toEqual([])
  const token = await createToken(house.as('acme'), { name: 'x', scopes: ['alarms:read'] })
  if (isRefusal(token)) throw new Error(token.refused)
  await revokeToken(house.as('acme'), token.doc._id)
  expect(revoked.splice(0)).toEqual([{ token: token.doc._id }])
  await editOperator(house.as('acme'), { id: operator._id, disabled: true })
  expect(revoked.splice(0)).toEqual([{ operator: operator._id }, { session }])
  await editOperator(house.as('acme'), { id: operator._id, disabled: false })
})

test('sessions and tokens whose time is over are ended by the clock', async () => {
  const { session } = await signIn()
  const token = await createToken(house.as('acme'), { name: 'short', scopes: ['alarms:read'], expiresInDays: 1 })
  if (isRefusal(token)) throw new Error(token.refused)
  revoked.splice(0)
  await expiry.tick(house.core)
  expect(revoked).toEqual([])
  const later = Date.now() + 25 * 3_600_000
  await expiry.tick({ ...house.core, clock: { ...house.core.clock, now: () => later } })
  expect(revoked).toContainEqual({ session })
  expect(revoked).toContainEqual({ token: token.doc._id })
  expect(must(house.core.views.get(SessionDocs, session), 'a tombstone').gone).toBe(true)
  expect(must(house.core.views.get(TokenDocs, token.doc._id), 'still listed').revokedAt).toBe(token.doc.expiresAt)
})
