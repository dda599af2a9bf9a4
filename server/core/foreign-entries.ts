/**
 * A platform administrator's entry into another tenant stands in that tenant's trail before anything is answered; that
 * somebody was kept out stands in his own. Once a session, by whichever door and at whichever node: the fact is named
 * after the session.
 */
import type { Principal } from './access.ts'
import type { AuditFact } from './audit.ts'
import type { Core } from './core.ts'

const mostRemembered = 10_000

export class ForeignEntries {
  readonly #core: Core
  readonly #told = new Set<string>()

  constructor(core: Core) {
    this.#core = core
  }

  async note(principal: Principal, address: string): Promise<void> {
    const { tenant, home, astray } = principal
    if (tenant !== home && !astray) await this.#tell(principal, address, { ids: [tenant], result: 'ok' })
  }

  refused(principal: Principal, address: string, wanted = ''): Promise<void> {
    return this.#tell(principal, address, { ids: [wanted], result: 'refused', code: 'auth.forbidden' })
  }

  async #tell(principal: Principal, address: string, fact: Omit<AuditFact, 'verb' | 'noun'>): Promise<void> {
    const { tenant, actor, credential } = principal
    const command = [tenant, 'enter', ...(fact.ids ?? []), credential.id].join(':')
    if (this.#told.has(command)) return
    await this.#core.audit.record({ tenant, actor, address, command }, { verb: 'enter', noun: 'tenants', ...fact })
    if (this.#told.size >= mostRemembered) this.#told.clear()
    this.#told.add(command)
  }
}
