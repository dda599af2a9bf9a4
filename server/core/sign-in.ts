/** Signing in: one answer and one duration for every wrong pair, a lock after ten, a session that is a document. */
import { randomUUID } from 'node:crypto'
import type { Core } from './core.ts'
import type { Ctx } from './feature.ts'
import { must } from './must.ts'
import { passwordMatches, randomSecret, sha256 } from './passwords.ts'
import { fail } from './problems.ts'
import { Counter } from './rate-limits.ts'
import { useCode } from './second-factor.ts'
import {
  OperatorDocs,
  operatorId,
  SessionDocs,
  sessionId,
  splitUsername,
  TenantDocs,
  tenantId,
  type OperatorDoc,
} from './tenants.ts'

export const sessionMs = 12 * 3_600_000
const failuresPerAccount = 10
const failuresPerAddress = 100
const windowSeconds = 15 * 60
/** Verifications at a time: bounds CPU and memory, and how far parallel guesses can overshoot the lock. */
const mostAtOnce = 4
const mostWaiting = 500

export interface Attempt {
  username: string
  password: string
  code?: string | undefined
  address: string
  agent: string
  language: 'zh-CN' | 'en'
  trace: string
}

export class SignIn {
  readonly #core: Core
  readonly #byAccount: Counter
  readonly #byAddress: Counter
  #running = 0
  #waiting: (() => void)[] = []

  constructor(core: Core) {
    this.#core = core
    this.#byAccount = new Counter(core.redis, 'sign-in-account', failuresPerAccount, windowSeconds)
    this.#byAddress = new Counter(core.redis, 'sign-in-address', failuresPerAddress, windowSeconds)
  }

  /** Answers the operator and the cookie's value; throws the refusal. */
  async signIn(attempt: Attempt): Promise<{ operator: OperatorDoc; cookie: string; session: string }> {
    await this.#enter()
    try {
      return await this.#attempt(attempt)
    } finally {
      this.#leave()
    }
  }

  /** Asks a signed-in person for the password again; wrong ones count like wrong sign-ins. */
  async confirmPassword(operator: OperatorDoc, password: string): Promise<void> {
    await this.#enter()
    try {
      const account = accountKey(operator.username)
      const wait = await this.#byAccount.blockedFor(account)
      if (wait !== null) fail('auth.locked', {}, wait)
      if (await passwordMatches(operator.passwordHash, password)) return
      await this.#byAccount.consume(account)
      fail('auth.failed')
    } finally {
      this.#leave()
    }
  }

  /** After a reset by an administrator the person may try again at once. */
  async unlock(username: string): Promise<void> {
    await this.#byAccount.forget(accountKey(username))
  }

  async #attempt(attempt: Attempt) {
    const account = accountKey(attempt.username)
    const wait = (await this.#byAddress.blockedFor(attempt.address)) ?? (await this.#byAccount.blockedFor(account))
    const names = splitUsername(attempt.username)
    const operator = names ? this.#find(names.tenant, names.user) : null
    const ctx = signInCtx(this.#core, names?.tenant ?? '', operator, attempt)
    if (wait !== null) {
      await this.#refuse(ctx, 'auth.locked')
      fail('auth.locked', {}, wait)
    }
    const matches = await passwordMatches(operator?.passwordHash ?? null, attempt.password)
    if (!operator || operator.disabled || !matches) return this.#failed(ctx, account, attempt.address, 'auth.failed')
    if (operator.totp) {
      if (attempt.code === undefined || attempt.code === '') fail('auth.second-factor')
      if (!(await useCode(ctx, operator, attempt.code)))
        return this.#failed(ctx, account, attempt.address, 'auth.second-factor')
    }
    return this.#open(ctx, operator, account, attempt)
  }

  async #open(ctx: Ctx, operator: OperatorDoc, account: string, attempt: Attempt) {
    const secret = randomSecret()
    const now = this.#core.clock.now()
    const session = sessionId(operator.tenant, sha256(secret))
    await this.#core.audit.record(ctx, { verb: 'sign-in', noun: 'sessions', ids: [operator._id], result: 'ok' })
    must(
      await this.#core.changes.create(ctx, SessionDocs, {
        _id: session,
        tenant: operator.tenant,
        operator: operator._id,
        createdAt: now,
        usedAt: now,
        expiresAt: now + sessionMs,
        address: attempt.address,
        agent: attempt.agent.slice(0, 200),
      }),
      'a random session id is new',
    )
    await this.#byAccount.forget(account)
    return { operator, cookie: `${operator.tenant}.${secret}`, session }
  }

  async #failed(
    ctx: Ctx,
    account: string,
    address: string,
    code: 'auth.failed' | 'auth.second-factor',
  ): Promise<never> {
    await Promise.all([this.#byAccount.consume(account), this.#byAddress.consume(address)])
    await this.#refuse(ctx, code)
    return fail(code, code === 'auth.second-factor' ? { params: { wrong: true } } : {})
  }

  /** In the trail of the tenant that was named, if there is one. What was typed as a name may be a password: not kept. */
  async #refuse(ctx: Ctx, code: string): Promise<void> {
    if (!this.#core.views.get(TenantDocs, tenantId(ctx.tenant))) return
    await this.#core.audit.record(ctx, { verb: 'sign-in', noun: 'sessions', result: 'refused', code })
  }

  #find(tenant: string, user: string): OperatorDoc | null {
    const operator = this.#core.views.get(OperatorDocs, operatorId(tenant, user))
    return operator && !operator.gone ? operator : null
  }

  async #enter(): Promise<void> {
    if (this.#running < mostAtOnce) {
      this.#running++
      return
    }
    if (this.#waiting.length >= mostWaiting) fail('rate.limited', { params: { scope: 'sign-in' } }, 2)
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #leave(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#running--
  }
}

const accountKey = (username: string) => sha256(username.trim().toLowerCase())

function signInCtx(core: Core, tenant: string, operator: OperatorDoc | null, attempt: Attempt): Ctx {
  return {
    tenant,
    actor: operator
      ? { kind: 'operator', id: operator._id, name: operator.name }
      : { kind: 'operator', id: `${tenant}:operator:?`, name: '?' },
    role: operator?.role ?? null,
    permissions: new Set(),
    command: `${tenant}:sign-in:${randomUUID()}`,
    trace: attempt.trace,
    now: core.clock.now(),
    language: attempt.language,
    address: attempt.address,
    core,
  }
}
