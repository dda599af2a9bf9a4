/**
 * Agents that come and go, as the inventory stores it. A deploy lets thousands connect within seconds: wants are
 * gathered per desktop, the last one counts, and are written in batches by compare-and-set.
 */
import type { AgentRefusal, AgentRefusalCode } from '../../fleet/agent-contract.ts'
import type { AgentSession, Enrolment } from '../../fleet/agent-ports.ts'
import type { Core } from '../../core/core.ts'
import { must } from '../../core/must.ts'
import { afterAgentConnected, afterAgentLost } from './machine.ts'
import { DesktopDocs, newDesktop, type DesktopDoc } from './model.ts'

export type Outcome = { ok: true } | AgentRefusal

interface Want {
  tenant: string
  desktop: string
  decide: (doc: DesktopDoc | null) => DesktopDoc | AgentRefusalCode | null
  done: (outcome: Outcome) => void
  /** Whose token enrols the desktop, and from where: told to the audit trail if it comes to that. */
  enrolment?: Enrolment
}

const gatherMs = 200
const mostPerWrite = 300
/** A desktop that is back within this time was never away: no row flickers for a lost packet. */
export const absenceMs = 3_000

export class Connections {
  readonly #core: Core
  #wants = new Map<string, Want>()
  #absences = new Map<string, NodeJS.Timeout>()
  #timer: NodeJS.Timeout | null = null
  #writing = false

  constructor(core: Core) {
    this.#core = core
  }

  connected(session: AgentSession, enrolment?: Enrolment): Promise<Outcome> {
    clearTimeout(this.#absences.get(session.desktop))
    this.#absences.delete(session.desktop)
    return new Promise((done) => {
      this.#want({
        tenant: session.tenant,
        desktop: session.desktop,
        decide: (doc) => connectedDesktop(doc, session, enrolment !== undefined, this.#core.clock.now()),
        done,
        ...(enrolment && { enrolment }),
      })
    })
  }

  disconnected(
    { tenant, desktop, session }: Pick<AgentSession, 'tenant' | 'desktop' | 'session'>,
    afterMs = absenceMs,
  ): void {
    clearTimeout(this.#absences.get(desktop))
    const late = setTimeout(() => {
      this.#absences.delete(desktop)
      this.#want({
        tenant,
        desktop,
        decide: (doc) => lostDesktop(doc, session, this.#core.clock.now()),
        done: () => undefined,
      })
    }, afterMs)
    this.#absences.set(desktop, late)
  }

  stop(): void {
    for (const absence of this.#absences.values()) clearTimeout(absence)
    this.#absences.clear()
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }

  #want(want: Want): void {
    // An older connection of the same desktop that still waits is answered by the newer one's taking its place.
    this.#wants.get(want.desktop)?.done({ ok: true })
    this.#wants.set(want.desktop, want)
    this.#soon()
  }

  #soon(): void {
    if (this.#timer || this.#writing) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#flush().catch((error: unknown) =>
        this.#core.logger.error({ err: error }, 'connections of agents could not be stored'),
      )
    }, gatherMs)
  }

  async #flush(): Promise<void> {
    this.#writing = true
    try {
      let batch = this.#take()
      while (batch.length > 0) {
        const lost = await this.#write(batch)
        batch = [...lost, ...this.#take(mostPerWrite - lost.length)]
      }
    } finally {
      this.#writing = false
      if (this.#wants.size > 0) this.#soon()
    }
  }

  #take(most = mostPerWrite): Deciding[] {
    const taken: Deciding[] = []
    for (const [desktop, want] of this.#wants) {
      if (taken.length >= most) break
      this.#wants.delete(desktop)
      taken.push({ want, current: this.#core.views.get(DesktopDocs, desktop) ?? null })
    }
    return taken
  }

  /** Those that lost a race to another writer, with what stands now. */
  async #write(batch: Deciding[]): Promise<Deciding[]> {
    const decided: Decided[] = []
    for (const { want, current } of batch) {
      const next = want.decide(current?.gone ? null : current)
      if (next === null) want.done({ ok: true })
      else if (typeof next === 'string') want.done({ code: next })
      else decided.push({ want, current, next })
    }
    const audited = await this.#audit(decided)
    const written = await this.#core.changes.write(
      audited.map(({ next, current }) => ({ collection: DesktopDocs, doc: next, base: current?.v ?? 0 })),
    )
    return written.flatMap((result, index) => {
      const { want } = must(audited[index], 'results are parallel to writes')
      // The desktops collection holds desktops only.
      if (!result.ok) return [{ want, current: result.current as DesktopDoc | null }]
      want.done({ ok: true })
      return []
    })
  }

  /** No audit, no act: one fact for all desktops that a token enrols at once. Answers what may be written. */
  async #audit(decided: Decided[]): Promise<Decided[]> {
    const enrolling = decided.filter(
      ({ want, current, next }) => want.enrolment && next.credential?.hash !== current?.credential?.hash,
    )
    const refused = new Set<Decided>()
    const byActor = Map.groupBy(enrolling, ({ want }) => must(want.enrolment, 'only enrolments were kept').actor.id)
    for (const group of byActor.values()) {
      const [first] = group
      if (!first?.want.enrolment) continue
      const { actor, address } = first.want.enrolment
      const command = `${first.want.tenant}:enrol:${first.next.agent?.session ?? first.next._id}`
      try {
        const ids = group.map(({ next }) => next._id)
        await this.#core.audit.record(
          { tenant: first.want.tenant, actor, address, command },
          { verb: 'enrol', noun: 'desktops', ids, result: 'ok' },
        )
      } catch (error) {
        this.#core.logger.warn({ err: error }, 'an enrolment could not be audited')
        for (const one of group) {
          refused.add(one)
          one.want.done({ code: 'store.unavailable', retryAfter: 2_000 })
        }
      }
    }
    return refused.size ? decided.filter((one) => !refused.has(one)) : decided
  }
}

interface Deciding {
  want: Want
  current: DesktopDoc | null
}
interface Decided extends Deciding {
  next: DesktopDoc
}

function connectedDesktop(doc: DesktopDoc | null, session: AgentSession, firstSignIn: boolean, now: number) {
  if (!doc && !firstSignIn) return 'agent.revoked'
  const base = doc ?? newDesktop(session.tenant, session.name, 'agent', now)
  const known = base.credential?.hash ?? null
  if (known !== null && known !== session.credentialHash)
    return firstSignIn ? 'agent.already-enrolled' : 'agent.revoked'
  if (known === null && !firstSignIn) return 'agent.revoked'
  const next: DesktopDoc = {
    ...base,
    runState: afterAgentConnected(base.runState),
    // Who answers is there, whatever its provider says or does not say.
    ...(base.unknownSince ? { unknownSince: null } : {}),
    credential: base.credential ?? { hash: session.credentialHash, issuedAt: now },
    agent: { connected: true, session: session.session, version: session.version, patch: session.patch, since: now },
  }
  return next
}

function lostDesktop(doc: DesktopDoc | null, session: string, now: number): DesktopDoc | null {
  if (!doc?.agent?.connected || !isSameOrLater(session, doc.agent.session)) return null
  // While a power act is under way, its end says what became of the desktop.
  const runState = doc.act ? doc.runState : afterAgentLost(doc.runState)
  return { ...doc, runState, agent: { ...doc.agent, connected: false, since: now } }
}

/** Sessions of one node are numbered: the end of one ends what that node stored before it, never what came after. */
function isSameOrLater(session: string, stored: string): boolean {
  const [node, n] = splitSession(session)
  const [storedNode, storedN] = splitSession(stored)
  return node === storedNode && n >= storedN
}

export function splitSession(session: string): [incarnation: string, n: number] {
  const cut = session.lastIndexOf(':')
  return [session.slice(0, cut), Number(session.slice(cut + 1))]
}
