/** What Bull has in hand, to look at: for platform administrators, read only — an order's state is the database's. */
import { createBullBoard } from '@bull-board/api'
import { BullAdapter } from '@bull-board/api/bullAdapter'
import { ExpressAdapter } from '@bull-board/express'
import { Router, type Express, type RequestHandler, type Response } from 'express'
import { authenticate } from '../../core/access.ts'
import type { Core } from '../../core/core.ts'
import { sendRefusal } from '../../core/http.ts'
import { refused } from '../../core/problems.ts'

const path = '/admin/queues'

/** The adapter's own type says `any`. */
const typed = (adapter: { getRouter(): RequestHandler }) => adapter

export function mountQueuePage(app: Express, core: Core): void {
  let page: RequestHandler | undefined
  const open = () => {
    const adapter = new ExpressAdapter()
    adapter.setBasePath(path)
    createBullBoard({
      queues: [new BullAdapter(core.jobs.queue(), { readOnlyMode: true })],
      serverAdapter: adapter,
      options: { uiConfig: { boardTitle: 'Deskwatch' } },
    })
    return Router().use(typed(adapter).getRouter())
  }
  const guarded: RequestHandler = (request, response, next) => {
    const principal = authenticate(core, request.headers)
    if (!principal) return sendRefusal(request, response, refused('auth.required'))
    if (principal.role !== 'platform-admin' || principal.enrolment)
      return sendRefusal(request, response, refused('auth.forbidden'))
    withoutForeignFonts(response)
    return (page ??= open())(request, response, next)
  }
  app.use(path, guarded)
}

/** Its page asks another site for fonts: our policy forbids that, so it is not even asked for. */
function withoutForeignFonts(response: Response): void {
  const send = response.send.bind(response)
  response.send = (body: unknown) =>
    send(typeof body === 'string' ? body.replace(/<link [^>]*fonts\.googleapis\.com[^>]*>/, '') : body)
}
