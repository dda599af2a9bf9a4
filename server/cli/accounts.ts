/** Tokens and operators from the command line: the first administrator, a lost password, a token for Prometheus. */
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import * as z from 'zod/mini'
import { Permission, Role } from '#wire'
import type { Ctx, Refusal } from '../core/feature.ts'
import { passwordProblem, randomPassword } from '../core/passwords.ts'
import { isRefusal, toProblem } from '../core/problems.ts'
import { operatorId, splitUsername, TenantDocs, tenantId } from '../core/tenants.ts'
import { TenantCode, UserPart } from '../features/tenants/contract.ts'
import * as accounts from '../features/tenants/service.ts'
import type { House } from './house.ts'

export type Options = Record<string, string | string[] | boolean | undefined>

/** The token stands alone on the last line, so that a script can take it. */
export async function createToken(house: House, options: Options): Promise<string> {
  const tenant = parse(TenantCode, options['tenant'], '--tenant')
  const scopes = parse(z.array(Permission).check(z.minLength(1)), options['scope'] ?? [], '--scope')
  const days =
    options['days'] === undefined
      ? undefined
      : parse(z.coerce.number().check(z.int(), z.positive()), options['days'], '--days')
  known(house, tenant)
  const ctx = house.as(tenant)
  const name = typeof options['name'] === 'string' ? options['name'] : `command line: ${scopes.join(' ')}`
  const created = done(await accounts.createToken(ctx, { name, scopes, expiresInDays: days }))
  await audit(ctx, 'create', 'tokens', created.doc._id, { name, scopes })
  return created.token
}

export async function createOperator(house: House, options: Options): Promise<string> {
  const tenant = parse(TenantCode, options['tenant'], '--tenant')
  const given = String(options['username'] ?? '').replace(new RegExp(`@${tenant}$`), '')
  const username = parse(UserPart, given, '--username')
  const role = parse(Role, options['role'] ?? 'admin', '--role')
  const { password, note } = await choosePassword(options, `${username}@${tenant}`)
  if (!house.core.views.get(TenantDocs, tenantId(tenant))) {
    const name = typeof options['tenant-name'] === 'string' ? options['tenant-name'] : tenant
    const ctx = house.as(tenant)
    done(await accounts.createTenant(ctx, { code: tenant, name }))
    await audit(ctx, 'create', 'tenants', tenantId(tenant), { name })
  }
  const ctx = house.as(tenant)
  const name = typeof options['name'] === 'string' ? options['name'] : username
  const { doc } = done(await accounts.createOperator(ctx, { username, name, role, password }))
  await audit(ctx, 'create', 'operators', doc._id, { username: doc.username, name, role })
  return `${doc.username} is ${role} of ${tenant}.${note}`
}

export async function resetPassword(house: House, options: Options): Promise<string> {
  const username = String(options['username'] ?? '')
  const names = splitUsername(username)
  if (!names) throw new Error('--username must look like admin@acme')
  const { password, note } = await choosePassword(options, username)
  const ctx = house.as(names.tenant)
  const id = operatorId(names.tenant, names.user)
  done(await accounts.resetPassword(ctx, id, password))
  if (options['second-factor'] === true) done(await accounts.resetSecondFactor(house.as(names.tenant), id))
  await audit(ctx, 'reset-password', 'operators', id, { secondFactor: options['second-factor'] === true })
  return `The password of ${username} was changed and its sessions ended.${note}`
}

async function audit(ctx: Ctx, verb: string, noun: string, id: string, after: unknown): Promise<void> {
  await ctx.core.audit.record(ctx, { verb, noun, ids: [id], after, result: 'ok' })
}

/** Asked for on a terminal, read from a pipe with --password-stdin, else made here and shown once. */
async function choosePassword(options: Options, username: string): Promise<{ password: string; note: string }> {
  if (options['password-stdin'] !== true && !(options['ask'] === true && process.stdin.isTTY)) {
    const password = randomPassword()
    return { password, note: ` Password, shown once:\n${password}` }
  }
  const password = await readSecret('New password: ')
  const problem = passwordProblem(password, username)
  if (problem) throw new Error(`The password needs ${problem}`)
  return { password, note: '' }
}

/** What is typed is not shown. */
async function readSecret(question: string): Promise<string> {
  if (process.stdin.isTTY) process.stderr.write(question)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: silent, terminal: process.stdin.isTTY })
  for await (const line of lines) {
    lines.close()
    if (process.stdin.isTTY) process.stderr.write('\n')
    return line
  }
  throw new Error('No password came in')
}

function known(house: House, tenant: string): void {
  if (!house.core.views.get(TenantDocs, tenantId(tenant))) throw new Error(`There is no tenant ${tenant}`)
}

function done<T>(result: T | Refusal): T {
  if (isRefusal(result)) throw new Error(toProblem(result, 'en').detail)
  return result
}

function parse<T>(schema: z.ZodMiniType<T>, value: unknown, name: string): T {
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw new Error(`${name}: ${parsed.error.issues.map((issue) => issue.message).join('; ')}`)
  return parsed.data
}
