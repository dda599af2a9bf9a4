/** What requests leave behind besides their effect: when a session was last used, and entries into other tenants. */
import type { RequestHandler } from 'express'
import { authenticate, systemCtx } from '../../core/access.ts'
import type { Core } from '../../core/core.ts'
import { ForeignEntries } from '../../core/foreign-entries.ts'
import { SessionDocs } from '../../core/tenants.ts'

const stepMs = 5 * 60_000

export function noteUsage(core: Core): RequestHandler {
  const entries = new ForeignEntries(core)
  return async (request, _response, next) => {
    const principal = authenticate(core, request.headers)
    if (principal?.credential.kind === 'session') touch(core, principal.home, principal.credential.id)
    if (principal) await entries.note(principal, request.ip ?? '')
    next()
  }
}

/** Not awaited: nobody waits for a time stamp, and a lost one is written by the next request. */
function touch(core: Core, tenant: string, id: string): void {
  const session = core.views.get(SessionDocs, id)
  const now = core.clock.now()
  if (!session || now - session.usedAt < stepMs) return
  const ctx = systemCtx(core, tenant, 'usage', `${tenant}:usage:${id}:${Math.floor(now / stepMs)}`)
  core.changes
    .each(ctx, SessionDocs, [id], (doc) =>
      now - doc.usedAt < stepMs ? { same: true } : { next: { ...doc, usedAt: now } },
    )
    .catch((error: unknown) => core.logger.warn({ err: error }, 'the last use of a session was not written'))
}
