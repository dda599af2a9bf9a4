/** What other floors may ask of the inventory: which agent may come in, where a desktop stands, who was lost with a node. */
import type { AgentHello, AgentRefusal } from '../../fleet/agent-contract.ts'
import type { AgentDirectory, DesktopStanding, SignIn } from '../../fleet/agent-ports.ts'
import { authenticate } from '../../core/access.ts'
import type { Core } from '../../core/core.ts'
import { Connections, splitSession } from './connections.ts'
import { credentialOf, hashOf, makeSecret, sameHash, tenantOf } from './credentials.ts'
import { DesktopDocs, inventoryId, type DesktopDoc } from './model.ts'

export { claimAgain, claimDesktop, leaveDesktop } from './claims.ts'
export { HostedDesktops, hostOf, type HostFacts } from './hosted.ts'
export { inventoryId } from './model.ts'

/** Where a desktop stands, by name: what a report of its agent is completed with. */
export interface Place {
  desktop: string
  host: string | null
  pool: string | null
  region: string | null
  user: string | null
  business: string | null
}

export function placeOf(core: Pick<Core, 'views'>, desktop: string): Place | null {
  const doc = core.views.get(DesktopDocs, desktop)
  if (!doc || doc.gone) return null
  const { name, host, pool, region, user, business } = doc
  return { desktop: name, host, pool, region, user, business }
}

/** By name, for reports that name a desktop but come from elsewhere. */
export const placeOfName = (core: Pick<Core, 'views'>, tenant: string, name: string) =>
  placeOf(core, inventoryId(tenant, name))

export function agentDirectory(core: Core): AgentDirectory & { loseDeadNodes: () => void; stop: () => void } {
  const connections = new Connections(core)
  const lost = new LostNodes(core, connections)
  return {
    signIn: (hello) => signIn(core, hello),
    connected: (session, enrolment) => connections.connected(session, enrolment),
    disconnected: (session) => connections.disconnected(session),
    standing: (desktop) => standing(core.views.get(DesktopDocs, desktop)),
    onChange(listener) {
      core.views.onChange((collection, doc) => {
        // Nouns name one shape each.
        if (collection.noun === DesktopDocs.noun) listener(doc._id, standing(doc as DesktopDoc))
      })
    },
    loseDeadNodes: () => lost.look(),
    stop: () => connections.stop(),
  }
}

function standing(doc: DesktopDoc | undefined): DesktopStanding {
  if (!doc || doc.gone) return { session: null, credentialHash: null, gone: true }
  return { session: doc.agent?.session ?? null, credentialHash: doc.credential?.hash ?? null, gone: false }
}

/** Only from memory, so that thousands may knock at once. A wrong name and a wrong credential answer alike. */
function signIn(core: Core, hello: AgentHello): SignIn | AgentRefusal {
  const tenant = tenantOf(hello.token)
  return tenant === null ? firstSignIn(core, hello) : signInAgain(core, hello, tenant)
}

function signInAgain(core: Core, hello: AgentHello, tenant: string): SignIn | AgentRefusal {
  const desktop = inventoryId(tenant, hello.desktop)
  const doc = core.views.get(DesktopDocs, desktop)
  const credentialHash = hashOf(hello.token)
  if (!doc?.credential || doc.gone || !sameHash(doc.credential.hash, credentialHash)) return { code: 'auth.failed' }
  return { tenant, desktop, name: doc.name, credentialHash }
}

/** The agent's own secret makes a repeat harmless: an answer lost on the way locks nobody out. */
function firstSignIn(core: Core, hello: AgentHello): SignIn | AgentRefusal {
  const principal = authenticate(core, { authorization: `Bearer ${hello.token}` })
  if (!principal) return { code: 'auth.failed' }
  if (!principal.permissions.has('inventory:enrol')) return { code: 'auth.forbidden' }
  const desktop = inventoryId(principal.tenant, hello.desktop)
  const doc = core.views.get(DesktopDocs, desktop)
  const credential = credentialOf(principal.tenant, hello.secret ?? makeSecret())
  const credentialHash = hashOf(credential)
  if (doc?.credential && !doc.gone && !sameHash(doc.credential.hash, credentialHash))
    return { code: 'agent.already-enrolled' }
  const name = doc && !doc.gone ? doc.name : hello.desktop
  return { tenant: principal.tenant, desktop, name, credentialHash, credential, by: principal.actor }
}

/** Agents of a dead node come back to another one by themselves; those that don't within this time are lost. */
const returnMs = 8_000

class LostNodes {
  readonly #core: Core
  readonly #connections: Connections
  #since = new Map<string, number>()

  constructor(core: Core, connections: Connections) {
    this.#core = core
    this.#connections = connections
  }

  look(): void {
    const now = this.#core.clock.monotonic()
    const alive = this.#core.leases.alive
    const dead = new Set<string>()
    for (const doc of this.#core.views.all(DesktopDocs)) {
      if (!doc.agent?.connected) continue
      const [incarnation] = splitSession(doc.agent.session)
      if (alive.has(incarnation)) continue
      dead.add(incarnation)
      const since = this.#since.get(incarnation) ?? now
      this.#since.set(incarnation, since)
      if (now - since < returnMs) continue
      this.#connections.disconnected({ tenant: doc.tenant, desktop: doc._id, session: doc.agent.session }, 0)
    }
    for (const incarnation of this.#since.keys()) if (!dead.has(incarnation)) this.#since.delete(incarnation)
  }
}
