import { afterAll, beforeAll, expect, test } from 'vitest'
import { generate } from 'otplib'
import { openTestHouse, type TestHouse } from '../../tests/support/house.ts'
import { authenticate } from './access.ts'
import { documents } from './mongo.ts'
import { INBOX, type InboxEntry } from './audit.ts'
import { Failure, isRefusal } from './problems.ts'
import { confirmEnrolment, offerEnrolment, useCode } from './second-factor.ts'
import { SignIn } from './sign-in.ts'
import { OperatorDocs, operatorId, TenantDocs, tenantId } from './tenants.ts'
import { must } from './must.ts'
import { createOperator, createTenant } from '../features/tenants/service.ts'

let house: TestHouse
let desk: SignIn
const password = 'correct horse battery'

beforeAll(async () => {
  house = await openTestHouse()
  desk = new SignIn(house.core)
  await createTenant(house.as('acme'), { code: 'acme', name: 'Acme', demo: true })
  for (const username of ['admin', 'lock', 'totp', 'gone', 'recover']) {
    await createOperator(house.as('acme'), { username, name: username, role: 'admin', password })
  }
})
afterAll(() => house.close())

let addresses = 0
const attempt = (username: string, more: { password?: string; code?: string; address?: string } = {}) =>
  desk.signIn({
    username,
    password,
    address: `10.0.0.${addresses++ % 250}`,
    agent: 'test',
    language: 'en',
    trace: 't',
    ...more,
  })

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'ok'
  } catch (error) {
    if (error instanceof Failure) return error.refusal.refused
    throw error
  }
}

const operator = (user: string) => must(house.core.views.get(OperatorDocs, operatorId('acme', user)), user)

test('a right pair opens a session that the cookie alone proves; its secret is not in the database', async () => {
  const { cookie, session } = await attempt('admin@acme')
  const principal = must(authenticate(house.core, { cookie: `dw_session=${cookie}` }), 'signed in')
  expect(principal).toMatchObject({
    tenant: 'acme',
    role: 'admin',
    enrolment: false,
    credential: { kind: 'session', id: session },
  })
  const stored = JSON.stringify(await documents(house.core.db, 'sessions').find({}).toArray())
  expect(stored).not.toContain(cookie.split('.')[1])
})

test('wrong password, unknown account, unknown tenant and disabled account answer alike', async () => {
  const admin = house.as('acme')
  await house.core.changes.each(admin, OperatorDocs, [operatorId('acme', 'gone')], (doc) => ({
    next: { ...doc, disabled: true },
  }))
  const tries = [
    attempt('admin@acme', { password: 'wrong' }),
    attempt('nobody@acme'),
    attempt('admin@nowhere'),
    attempt('gone@acme'),
    attempt('no name'),
  ]
  expect(await Promise.all(tries.map(codeOf))).toEqual(Array.from({ length: 5 }, () => 'auth.failed'))
})

test('after ten failures the account is locked, also for the right password; others sign in', async () => {
  for (let n = 0; n < 10; n++) expect(await codeOf(attempt('lock@acme', { password: 'wrong' }))).toBe('auth.failed')
  const locked = attempt('lock@acme').catch((error: unknown) => error)
  const failure = await locked
  expect(failure).toBeInstanceOf(Failure)
  if (failure instanceof Failure) {
    expect(failure.refusal.refused).toBe('auth.locked')
    expect(failure.retryAfter).toBeGreaterThan(0)
    expect(failure.retryAfter).toBeLessThanOrEqual(900)
  }
  expect(await codeOf(attempt('admin@acme'))).toBe('ok')
  await desk.unlock('lock@acme')
  expect(await codeOf(attempt('lock@acme'))).toBe('ok')
})

test('an account that does not exist is locked in the same way', async () => {
  for (let n = 0; n < 10; n++) expect(await codeOf(attempt('ghost@acme'))).toBe('auth.failed')
  expect(await codeOf(attempt('ghost@acme'))).toBe('auth.locked')
})

test('an address that fails a hundred times has to wait, whatever account it tries', async () => {
  const address = '203.0.113.9'
  const tries = Array.from({ length: 100 }, (_, n) => codeOf(attempt(`guess${n}@acme`, { address })))
  expect(new Set(await Promise.all(tries))).toEqual(new Set(['auth.failed']))
  expect(await codeOf(attempt('admin@acme', { address }))).toBe('auth.locked')
  expect(await codeOf(attempt('admin@acme', { address: '203.0.113.10' }))).toBe('ok')
})

async function enrol(user: string) {
  const offered = await offerEnrolment(house.as('acme'), operator(user))
  if (isRefusal(offered)) throw new Error(offered.refused)
  expect(offered.qr).toContain('<svg')
  // A code of the step before: later tests still have the present one.
  const epoch = Math.floor(Date.now() / 1000) - 30
  const confirmed = await confirmEnrolment(
    house.as('acme'),
    operator(user),
    await generate({ secret: offered.secret, epoch }),
  )
  if (isRefusal(confirmed)) throw new Error(confirmed.refused)
  return { secret: offered.secret, recoveryCodes: confirmed.recoveryCodes }
}

test('a code of the second factor works once, also when two requests bring it at the same moment', async () => {
  const { secret } = await enrol('totp')
  expect(operator('totp').totp?.sealed).not.toContain(secret)
  expect(await codeOf(attempt('totp@acme'))).toBe('auth.second-factor')
  expect(await codeOf(attempt('totp@acme', { code: '000000' }))).toBe('auth.second-factor')
  const code = await generate({ secret })
  const before = operator('totp')
  const both = await Promise.all([useCode(house.as('acme'), before, code), useCode(house.as('acme'), before, code)])
  expect(both.filter(Boolean)).toHaveLength(1)
  expect(await codeOf(attempt('totp@acme', { code }))).toBe('auth.second-factor')
})

test('a recovery code works once', async () => {
  const { recoveryCodes } = await enrol('recover')
  const code = must(recoveryCodes[0], 'ten were given')
  expect(recoveryCodes).toHaveLength(10)
  expect(await codeOf(attempt('recover@acme', { code }))).toBe('ok')
  expect(await codeOf(attempt('recover@acme', { code }))).toBe('auth.second-factor')
})

test('where a second factor is required, a role that may change things gets nothing but enrolment; a reader needs none', async () => {
  await createTenant(house.as('strict'), { code: 'strict', name: 'Strict' })
  expect(house.core.views.get(TenantDocs, tenantId('strict'))?.requireSecondFactor).toBe(true)
  await createOperator(house.as('strict'), { username: 'admin', name: 'A', role: 'admin', password })
  await createOperator(house.as('strict'), { username: 'viewer', name: 'V', role: 'viewer', password })
  const admin = await attempt('admin@strict')
  const viewer = await attempt('viewer@strict')
  expect(authenticate(house.core, { cookie: `dw_session=${admin.cookie}` })?.enrolment).toBe(true)
  expect(authenticate(house.core, { cookie: `dw_session=${viewer.cookie}` })?.enrolment).toBe(false)
})

test('sign-ins and refusals are in the trail, without what was typed', async () => {
  const entries = await documents<InboxEntry>(house.core.db, INBOX).find({}).toArray()
  const signIns = entries.filter(({ verb }) => verb === 'sign-in')
  expect(signIns.some(({ result }) => result === 'ok')).toBe(true)
  expect(signIns.some(({ code }) => code === 'auth.locked')).toBe(true)
  expect(JSON.stringify(entries)).not.toContain('ghost')
  expect(JSON.stringify(entries)).not.toContain(password)
})
