/** Rights taken away reach live sockets at once; sessions and tokens end when their time is over (S15). */
import { systemCtx } from '../../core/access.ts'
import type { Core } from '../../core/core.ts'
import type { Doc, ScheduleDef } from '../../core/feature.ts'
import { OperatorDocs, SessionDocs, TokenDocs } from '../../core/tenants.ts'

const field = (doc: Doc, name: string): unknown => new Map<string, unknown>(Object.entries(doc)).get(name)
const differs = (doc: Doc, before: Doc, name: string) => field(doc, name) !== field(before, name)

/** Every node hears of every change through its views, whichever node made it. */
export function watchRights(core: Core): void {
  core.views.onChange((collection, doc, before) => {
    if (!before) return
    const ended = doc.gone === true && !before.gone
    if (collection.noun === SessionDocs.noun && ended) core.revoke({ session: doc._id })
    if (collection.noun === TokenDocs.noun && (ended || differs(doc, before, 'revokedAt')))
      core.revoke({ token: doc._id })
    if (collection.noun !== OperatorDocs.noun) return
    if (ended || differs(doc, before, 'role') || differs(doc, before, 'disabled')) core.revoke({ operator: doc._id })
  })
}

export const expiry: ScheduleDef = {
  name: 'session-expiry',
  everyMs: 5_000,
  async tick(core) {
    const now = core.clock.now()
    const sessions = [...core.views.all(SessionDocs)].filter((doc) => doc.expiresAt <= now)
    const tokens = [...core.views.all(TokenDocs)].filter(
      (doc) => doc.revokedAt === null && doc.expiresAt !== null && doc.expiresAt <= now,
    )
    for (const [tenant, docs] of Map.groupBy(sessions, (doc) => doc.tenant)) {
      const ctx = systemCtx(core, tenant, 'expiry', `${tenant}:session-expiry:${now}`)
      await core.changes.each(
        ctx,
        SessionDocs,
        docs.map(({ _id }) => _id),
        (doc) => ({ next: { ...doc, gone: true } }),
      )
    }
    for (const [tenant, docs] of Map.groupBy(tokens, (doc) => doc.tenant)) {
      const ctx = systemCtx(core, tenant, 'expiry', `${tenant}:token-expiry:${now}`)
      await core.changes.each(
        ctx,
        TokenDocs,
        docs.map(({ _id }) => _id),
        (doc) => ({ next: { ...doc, revokedAt: doc.expiresAt } }),
      )
    }
  },
}
