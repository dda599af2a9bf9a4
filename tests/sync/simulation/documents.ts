/** The documents, acts and principals of the simulation: small, but with every shape the rules speak of. */
export interface Doc {
  id: string
  v: number
  n: number
  secret: number
  /** Closed documents are not in the view: a pure predicate of the contract (S10). */
  closed: boolean
  gone: boolean
  /** Held by an all-or-nothing act (S3). */
  hold: string | null
  /** Last 8 acts (S2). */
  acts: readonly string[]
  /** Act that made this version. */
  by: string
  /** Alarms only: reports folded in, and the last batch of each incarnation that counted (S4). */
  count: number
  taken: Readonly<Record<string, number>>
}

export interface Row {
  n: number
  secret?: number
}

export interface Principal {
  tenant: 'a' | 'b'
  masked: boolean
}

export type ActKind = 'set' | 'close' | 'open' | 'delete' | 'create' | 'pair'

export interface Act {
  key: string
  kind: ActKind
  ids: readonly string[]
  n: number
}

export interface Report {
  id: string
  alarm: string
}

export interface Outcome {
  ok: boolean
  id: string
  v: number
}

/** Who sees a document is in its key and never changes: `a:1`, `b:1`, and `ab:1` for a share of both tenants (S15). */
export function seenBy(id: string, tenant: 'a' | 'b'): boolean {
  return id.slice(0, id.indexOf(':')).includes(tenant)
}

export function present(doc: Doc, masked: boolean): Row | null {
  if (doc.gone || doc.closed) return null
  return masked ? { n: doc.n } : { n: doc.n, secret: doc.secret }
}

export function fresh(id: string): Doc {
  return {
    id,
    v: 0,
    n: 0,
    secret: 0,
    closed: false,
    gone: true,
    hold: null,
    acts: [],
    by: '',
    count: 0,
    taken: {},
  }
}

/** The machine: what an act makes of a document, or null for a refusal. The step of an act makes it unique. */
export function decide(before: Doc, act: Act, step: string): Doc | null {
  const name = act.key + step
  const next = { ...before, v: before.v + 1, by: name, acts: [...before.acts.slice(-7), name] }
  if (before.hold !== null && before.hold !== act.key) return null
  if (act.kind === 'create')
    return before.gone ? { ...next, gone: false, closed: false, n: act.n, secret: act.n } : null
  if (before.gone) return null
  if (step === '#hold') return before.closed ? null : { ...next, hold: act.key }
  if (step === '#free') return { ...next, hold: null }
  if (step === '#flip') return { ...next, hold: null, n: act.n, secret: -act.n }
  if (act.kind === 'close') return before.closed ? null : { ...next, closed: true }
  if (act.kind === 'open') return before.closed ? { ...next, closed: false } : null
  if (act.kind === 'delete') return { ...next, gone: true, closed: false }
  return before.closed ? null : { ...next, n: act.n, secret: -act.n }
}

export function byRank(a: { n: number; id: string }, b: { n: number; id: string }): number {
  return b.n - a.n || (a.id < b.id ? -1 : 1)
}
