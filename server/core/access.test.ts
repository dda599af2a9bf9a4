import { expect, test } from 'vitest'
import { authenticate, authorize, stillValid, type Principal } from './access.ts'
import { must } from './must.ts'
import { sha256 } from './passwords.ts'
import {
  OperatorDocs,
  SessionDocs,
  sessionId,
  TenantDocs,
  tenantId,
  TokenDocs,
  tokenId,
  type OperatorDoc,
  type TokenDoc,
} from './tenants.ts'
import { Views } from './views.ts'

const secret = 'A'.repeat(43)

function houseWith(more: { operator?: Partial<OperatorDoc>; token?: Partial<TokenDoc>; strict?: boolean } = {}) {
  const views = new Views()
  let now = 1_000
  const clock = { now: () => now, monotonic: () => now }
  for (const code of ['acme', 'globex', 'platform']) {
    const tenant = {
      _id: tenantId(code),
      v: 1,
      tenant: code,
      code,
      name: code,
      requireSecondFactor: more.strict ?? false,
      demo: true,
      createdAt: 0,
    }
    views.take(TenantDocs, tenant)
  }
  const operator: OperatorDoc = {
    _id: 'acme:operator:li',
    v: 1,
    tenant: 'acme',
    username: 'li@acme',
    name: 'Li',
    role: 'operator',
    disabled: false,
    passwordHash: '',
    passwordChangedAt: 0,
    totp: null,
    totpPending: null,
    recovery: [],
    language: 'en',
    theme: 'system',
    density: 'normal',
    createdAt: 0,
    ...more.operator,
  }
  views.take(OperatorDocs, operator)
  const home = operator.tenant
  const session = {
    _id: sessionId(home, sha256(secret)),
    v: 1,
    tenant: home,
    operator: operator._id,
    createdAt: 0,
    usedAt: 0,
    expiresAt: 5_000,
    address: '',
    agent: '',
  }
  views.take(SessionDocs, session)
  const bearer = `dwt_acme_${secret}`
  const token: TokenDoc = {
    _id: tokenId('acme', sha256(bearer)),
    v: 1,
    tenant: 'acme',
    name: 'prometheus',
    scopes: ['alarms:write'],
    createdBy: 'Li',
    createdAt: 0,
    expiresAt: 5_000,
    revokedAt: null,
    ...more.token,
  }
  views.take(TokenDocs, token)
  const core = { views, clock }
  return {
    core,
    change(edit: Partial<OperatorDoc>) {
      const next: OperatorDoc = { ...operator, ...edit }
      views.take(OperatorDocs, next)
    },
    revoke() {
      const next: TokenDoc = { ...token, v: 2, revokedAt: now }
      views.take(TokenDocs, next)
    },
    wait: (ms: number) => void (now += ms),
    cookie: { cookie: `theme=dark; dw_session=${home}.${secret}` },
    bearer: { authorization: `Bearer ${bearer}` },
  }
}

const signedIn = (principal: Principal | null) => must(principal, 'signed in')

test('a session ends by its time, and with its operator', () => {
  const house = houseWith()
  const principal = signedIn(authenticate(house.core, house.cookie))
  expect(principal).toMatchObject({ tenant: 'acme', home: 'acme', role: 'operator', language: 'en' })
  expect(stillValid(house.core, principal)).toBe(true)
  house.change({ v: 2, disabled: true })
  expect(stillValid(house.core, principal)).toBe(false)
  expect(authenticate(house.core, house.cookie)).toBeNull()
  house.change({ v: 3 })
  expect(authenticate(house.core, house.cookie)).not.toBeNull()
  house.wait(4_000)
  expect(authenticate(house.core, house.cookie)).toBeNull()
})

test('another role makes what was known of the principal invalid', () => {
  const house = houseWith()
  const principal = signedIn(authenticate(house.core, house.cookie))
  house.change({ v: 2, role: 'viewer' })
  expect(stillValid(house.core, principal)).toBe(false)
})

test('a token ends by its time and when it is revoked, and has its scopes only', () => {
  const house = houseWith()
  const principal = signedIn(authenticate(house.core, house.bearer))
  expect(authorize(principal, 'alarms:write')).toBeNull()
  expect(authorize(principal, 'alarms:read')?.refused).toBe('auth.forbidden')
  expect(authorize(principal, 'session')?.refused).toBe('auth.forbidden')
  house.revoke()
  expect(authenticate(house.core, house.bearer)).toBeNull()
  const late = houseWith()
  late.wait(4_000)
  expect(authenticate(late.core, late.bearer)).toBeNull()
})

test('a bad bearer is not made good by a cookie, and nothing odd is looked up', () => {
  const house = houseWith()
  expect(authenticate(house.core, { ...house.cookie, authorization: 'Bearer nonsense' })).toBeNull()
  for (const cookie of [
    'dw_session=',
    'dw_session=acme',
    'dw_session=__proto__.x',
    `dw_session=globex.${secret}`,
    'dw_session=%E0%A4%A',
  ]) {
    expect(authenticate(house.core, { cookie })).toBeNull()
  }
})

test('X-Tenant is followed for a platform administrator alone, into tenants that exist', () => {
  const people = houseWith()
  const astray = signedIn(authenticate(people.core, { ...people.cookie, 'x-tenant': 'globex' }))
  expect(astray).toMatchObject({ tenant: 'acme', astray: true })
  expect(authorize(astray, 'alarms:read')?.refused).toBe('auth.forbidden')
  const platform = houseWith({
    operator: { _id: 'platform:operator:root', tenant: 'platform', role: 'platform-admin' },
  })
  expect(authenticate(platform.core, { ...platform.cookie, 'x-tenant': 'globex' })).toMatchObject({
    tenant: 'globex',
    home: 'platform',
    astray: false,
  })
  expect(authenticate(platform.core, { ...platform.cookie, 'x-tenant': 'nowhere' })).toMatchObject({
    tenant: 'platform',
    astray: true,
  })
})

test('where a second factor is required, changing roles are held at its door; readers are not', () => {
  const operator = houseWith({ strict: true })
  expect(authorize(authenticate(operator.core, operator.cookie), 'alarms:read')?.refused).toBe(
    'auth.enrolment-required',
  )
  const enrolled = houseWith({ strict: true, operator: { totp: { sealed: 'x', step: 0 } } })
  expect(authorize(authenticate(enrolled.core, enrolled.cookie), 'alarms:triage')).toBeNull()
  const auditor = houseWith({ strict: true, operator: { role: 'auditor' } })
  expect(authorize(authenticate(auditor.core, auditor.cookie), 'audit:read')).toBeNull()
})
