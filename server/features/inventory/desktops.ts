/** Acts on desktops: enrolment of their agents, where they belong, and their end. */
import * as z from 'zod/mini'
import type { ActResult } from '#wire'
import { defineCommand } from '../../core/command.ts'
import type { Ctx, Operation } from '../../core/feature.ts'
import { seesMasked } from '../../core/lists.ts'
import { must } from '../../core/must.ts'
import { refusalOf, refused } from '../../core/problems.ts'
import { DesktopChange, DesktopRow, Enrol, Enrolled, Ids } from './contract.ts'
import { credentialOf, hashOf, makeSecret } from './credentials.ts'
import { DesktopDocs, HostDocs, inventoryId, newDesktop, PoolDocs, UserDocs, type DesktopDoc } from './model.ts'
import { Results } from './nouns.ts'
import { presentDesktop } from './present.ts'
import { byName, unknownReferences } from './references.ts'

/** A new credential and the document that holds its hash; what was in force is so no more. */
function withCredential(doc: DesktopDoc, credentials: Record<string, string>, now: number): DesktopDoc {
  const credential = credentialOf(doc.tenant, makeSecret())
  credentials[doc._id] = credential
  return { ...doc, credential: { hash: hashOf(credential), issuedAt: now } }
}

async function enrolOne(ctx: Ctx, name: string, credentials: Record<string, string>): Promise<ActResult> {
  const fresh = newDesktop(ctx.tenant, name, 'agent', ctx.now)
  const id = fresh._id
  if (!byName(ctx, DesktopDocs, name)) {
    const made = await ctx.core.changes.create(ctx, DesktopDocs, withCredential(fresh, credentials, ctx.now))
    if (made) return { id, ok: true, changed: true, v: made.v }
    delete credentials[id]
  }
  const [result] = await ctx.core.changes.each(ctx, DesktopDocs, [id], (doc) =>
    doc.credential
      ? refused('state.conflict', { params: { reason: 'enrolled already: rotate or revoke its credential' } })
      : { next: withCredential(doc, credentials, ctx.now) },
  )
  return must(result, 'one id has one result')
}

const enrol = defineCommand({
  route: 'POST /desktops/actions/enrol',
  summary: 'Give desktops a credential each; unknown names become desktops. Shown once.',
  input: Enrol,
  output: Enrolled,
  permission: 'inventory:enrol',
  once: ['credentials'],
  async run(ctx, { names }) {
    const credentials: Record<string, string> = {}
    const unique = [...new Map(names.map((name) => [inventoryId(ctx.tenant, name), name])).values()]
    const results: ActResult[] = []
    for (const name of unique) results.push(await enrolOne(ctx, name, credentials))
    return { results, credentials }
  },
})

const rotate = defineCommand({
  route: 'POST /desktops/actions/rotate',
  summary: 'Replace the credentials of desktops; live sockets are closed. Shown once.',
  input: Ids,
  output: Enrolled,
  permission: 'inventory:enrol',
  once: ['credentials'],
  async run(ctx, { ids }) {
    const credentials: Record<string, string> = {}
    const results = await ctx.core.changes.each(ctx, DesktopDocs, ids, (doc) => ({
      next: withCredential(doc, credentials, ctx.now),
    }))
    return { results, credentials }
  },
})

const revoke = defineCommand({
  route: 'POST /desktops/actions/revoke',
  summary: 'Take the credentials of desktops away; live sockets are closed',
  input: Ids,
  output: Results,
  permission: 'inventory:enrol',
  run: async (ctx, { ids }) => ({
    results: await ctx.core.changes.each(ctx, DesktopDocs, ids, (doc) =>
      doc.credential ? { next: { ...doc, credential: null } } : { same: true },
    ),
  }),
})

const change = defineCommand({
  route: 'PATCH /desktops/:id',
  summary: 'Set pool, host or user of a desktop; business name and region follow the pool',
  input: z.extend(DesktopChange, { id: z.string().check(z.minLength(1), z.maxLength(200)) }),
  output: DesktopRow,
  permission: 'inventory:write',
  async run(ctx, { id, pool, host, user }) {
    const errors = unknownReferences(ctx, { pool: [PoolDocs, pool], host: [HostDocs, host], user: [UserDocs, user] })
    if (errors.length) return refused('request.invalid', { errors })
    const [result] = await ctx.core.changes.each(ctx, DesktopDocs, [id], (doc) => ({
      next: placed(ctx, doc, { pool, host, user }),
    }))
    const refusal = refusalOf(must(result, 'one id has one result'))
    if (refusal) return refusal
    return presentDesktop(
      must(ctx.core.views.get(DesktopDocs, id), 'what was just written is hot'),
      seesMasked(ctx.role),
    )
  },
})

function placed(ctx: Ctx, doc: DesktopDoc, to: z.infer<typeof DesktopChange>): DesktopDoc {
  const next = { ...doc }
  if (to.user !== undefined) next.user = to.user
  if (to.host !== undefined) next.host = to.host
  if (to.pool !== undefined) next.pool = to.pool
  const pool = next.pool === null ? null : byName(ctx, PoolDocs, next.pool)
  const host = next.host === null ? null : byName(ctx, HostDocs, next.host)
  return { ...next, business: pool?.business ?? null, region: host?.region ?? pool?.region ?? doc.region }
}

export const desktopCommands: Operation[] = [enrol, rotate, revoke, change]
