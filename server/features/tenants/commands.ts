/** Acts on accounts, tokens, tenants and departments. */
import type { Ctx } from '../../core/feature.ts'
import { defineCommand } from '../../core/command.ts'
import { isRefusal, refused } from '../../core/problems.ts'
import { OperatorDocs, SessionDocs, TenantDocs } from '../../core/tenants.ts'
import {
  ById,
  DepartmentRow,
  EditOperator,
  EditTenant,
  NewDepartment,
  NewOperator,
  NewPassword,
  NewTenant,
  NewToken,
  Nothing,
  OperatorRow,
  OperatorWithPassword,
  Preferences,
  TenantRow,
  TokenRow,
  TokenWithSecret,
} from './contract.ts'
import { changeOne } from '../../core/one.ts'
import { presentDepartment, presentOperator, presentTenant, presentToken } from './present.ts'
import * as accounts from './service.ts'
import { signInOf } from './sign-in-of.ts'

/** An operator's own things live in his own tenant, also while a platform administrator acts in another. */
const atHome = (ctx: Ctx): Ctx => ({ ...ctx, tenant: ctx.actor.id.split(':')[0] ?? ctx.tenant })

const operatorCommands = [
  defineCommand({
    route: 'POST /operators',
    summary: 'Creates an operator; the answer shows the password once',
    input: NewOperator,
    output: OperatorWithPassword,
    permission: 'operators:write',
    creates: true,
    once: ['password'],
    async run(ctx, account) {
      const created = await accounts.createOperator(ctx, account)
      return isRefusal(created) ? created : { ...presentOperator(created.doc), password: created.password }
    },
  }),
  defineCommand({
    route: 'PATCH /operators/:id',
    summary: 'Changes name or role, or disables; open sessions follow within 5 seconds',
    input: EditOperator,
    output: OperatorRow,
    permission: 'operators:write',
    async run(ctx, edit) {
      const edited = await accounts.editOperator(ctx, edit)
      return isRefusal(edited) ? edited : presentOperator(edited)
    },
  }),
  defineCommand({
    route: 'DELETE /operators/:id',
    summary: 'Deletes an operator and ends the sessions',
    input: ById,
    output: Nothing,
    permission: 'operators:write',
    async run(ctx, { id }) {
      const deleted = await accounts.deleteOperator(ctx, id)
      return isRefusal(deleted) ? deleted : {}
    },
  }),
  defineCommand({
    route: 'POST /operators/:id/actions/reset-password',
    summary: 'Sets a new random password, shown once; sessions end and the lock opens',
    input: ById,
    output: NewPassword,
    permission: 'operators:write',
    once: ['password'],
    async run(ctx, { id }) {
      const reset = await accounts.resetPassword(ctx, id)
      if (isRefusal(reset)) return reset
      await signInOf(ctx.core).unlock(reset.username)
      return { id, password: reset.password }
    },
  }),
  defineCommand({
    route: 'POST /operators/:id/actions/reset-second-factor',
    summary: 'Takes the second factor away (lost phone); sessions end',
    input: ById,
    output: OperatorRow,
    permission: 'operators:write',
    async run(ctx, { id }) {
      const reset = await accounts.resetSecondFactor(ctx, id)
      return isRefusal(reset) ? reset : presentOperator(reset)
    },
  }),
]

const sessionCommands = [
  defineCommand({
    route: 'DELETE /sessions/:id',
    summary: 'Ends one session of one’s own',
    input: ById,
    output: Nothing,
    permission: 'session',
    async run(ctx, { id }) {
      const ended = await changeOne(atHome(ctx), SessionDocs, id, (doc) =>
        doc.operator === ctx.actor.id ? { next: { ...doc, gone: true } } : refused('request.not-found'),
      )
      return isRefusal(ended) ? ended : {}
    },
  }),
  defineCommand({
    route: 'POST /session/preferences',
    summary: 'Language, theme, density, time zone and sound of the signed-in operator',
    input: Preferences,
    output: Preferences,
    permission: 'session',
    async run(ctx, wishes) {
      const changed = await changeOne(atHome(ctx), OperatorDocs, ctx.actor.id, (doc) => ({
        next: {
          ...doc,
          language: wishes.language ?? doc.language,
          theme: wishes.theme ?? doc.theme,
          density: wishes.density ?? doc.density,
          zone: wishes.zone === undefined ? (doc.zone ?? null) : wishes.zone,
          sound: wishes.sound ?? doc.sound ?? 'critical',
        },
      }))
      if (isRefusal(changed)) return changed
      const { theme, density, zone = null, sound = 'critical', language } = changed
      return { theme, density, zone, sound, ...(language && { language }) }
    },
  }),
]

const otherCommands = [
  defineCommand({
    route: 'POST /tokens',
    summary: 'Creates a service token; the answer shows it once',
    input: NewToken,
    output: TokenWithSecret,
    permission: 'tokens:write',
    creates: true,
    once: ['token'],
    async run(ctx, order) {
      const created = await accounts.createToken(ctx, order)
      return isRefusal(created) ? created : { ...presentToken(created.doc), token: created.token }
    },
  }),
  defineCommand({
    route: 'DELETE /tokens/:id',
    summary: 'Revokes a service token; it stays listed as revoked',
    input: ById,
    output: TokenRow,
    permission: 'tokens:write',
    async run(ctx, { id }) {
      const revoked = await accounts.revokeToken(ctx, id)
      return isRefusal(revoked) ? revoked : presentToken(revoked)
    },
  }),
  defineCommand({
    route: 'POST /tenants',
    summary: 'Creates a tenant; its code never changes',
    input: NewTenant,
    output: TenantRow,
    permission: 'tenants:write',
    creates: true,
    async run(ctx, order) {
      const created = await accounts.createTenant(ctx, order)
      return isRefusal(created) ? created : presentTenant(created)
    },
  }),
  defineCommand({
    route: 'PATCH /tenants/:id',
    summary: 'Changes a tenant’s name or whether its changing roles need a second factor',
    input: EditTenant,
    output: TenantRow,
    permission: 'tenants:write',
    async run(ctx, { id, ...edit }) {
      const tenant = id.split(':')[0] ?? ''
      const changed = await changeOne({ ...ctx, tenant }, TenantDocs, id, (doc) => ({
        next: {
          ...doc,
          name: edit.name ?? doc.name,
          requireSecondFactor: edit.requireSecondFactor ?? doc.requireSecondFactor,
        },
      }))
      return isRefusal(changed) ? changed : presentTenant(changed)
    },
  }),
  defineCommand({
    route: 'POST /departments',
    summary: 'Creates a department',
    input: NewDepartment,
    output: DepartmentRow,
    permission: 'inventory:write',
    creates: true,
    async run(ctx, order) {
      const created = await accounts.createDepartment(ctx, order)
      return isRefusal(created) ? created : presentDepartment(created)
    },
  }),
]

export const commands = [...operatorCommands, ...sessionCommands, ...otherCommands]
