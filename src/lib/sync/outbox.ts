/** Acts on their way to the server as one browser keeps them: in order, each settled once and then told. Pure. */
import * as z from 'zod/mini'
import { ActResult, Problem } from '#wire'

const Base = z.object({ id: z.string(), v: z.number() })

export const Queued = z.object({
  /** Idempotency key: sent twice it is done once. */
  key: z.string(),
  /** Place in the line. */
  n: z.number(),
  /** Who decided it; nobody else sends it. */
  operator: z.string(),
  /** Where he acted, if not at home. */
  tenant: z.nullable(z.string()),
  at: z.number(),
  path: z.string(),
  body: z.record(z.string(), z.unknown()),
  /** The version it was decided on; null: of no single thing, or of no version. */
  base: z.nullable(Base),
  /** For whoever shows it. */
  about: z.object({ verb: z.string(), item: z.nullable(z.string()), name: z.string(), count: z.number() }),
  state: z.enum(['waiting', 'sending', 'done', 'refused']),
  /** First time it left; null: it has certainly not arrived. */
  tried: z.nullable(z.number()),
  attempts: z.number(),
  /** Its person was told that it waits: then he is told how it ended, however late. */
  waited: z.boolean(),
  settledAt: z.nullable(z.number()),
  results: z.nullable(z.array(ActResult)),
  problem: z.nullable(Problem),
})
export type Queued = z.infer<typeof Queued>
export type Line = readonly Queued[]
export type Decided = Pick<Queued, 'key' | 'operator' | 'tenant' | 'at' | 'path' | 'body' | 'base' | 'about' | 'waited'>

/** Of the channel on which pages and worker tell each other, of their lock, and of the browser's call when a network is back. */
export const lineName = 'deskwatch-acts'
export const mostQueued = 200
const doneKeptMs = 10 * 60_000
/** The server knows a key for a day; after that it could not tell a repetition from a second act. */
const keyKnownMs = 23 * 3600_000
const mostAttempts = 8

export const isOpen = ({ state }: Queued) => state === 'waiting' || state === 'sending'
export const isFull = (line: Line) => line.filter(isOpen).length >= mostQueued

const edited = (line: Line, key: string, edit: (act: Queued) => Queued): Line =>
  line.map((act) => (act.key === key ? edit(act) : act))

export function added(line: Line, act: Decided): Line {
  if (isFull(line) || line.some(({ key }) => key === act.key)) return line
  const n = Math.max(0, ...line.map((each) => each.n)) + 1
  const fresh = {
    n,
    state: 'waiting',
    tried: null,
    attempts: 0,
    settledAt: null,
    results: null,
    problem: null,
  } as const
  return [...line, { ...act, ...fresh }]
}

/** The first that is not settled: later ones may build on it. */
export function nextOf(line: Line, operator: string): Queued | undefined {
  return line.toSorted((a, b) => a.n - b.n).find((act) => act.operator === operator && isOpen(act))
}

export const taken = (line: Line, key: string, now: number): Line =>
  edited(line, key, (act) =>
    isOpen(act) ? { ...act, state: 'sending', tried: act.tried ?? now, attempts: act.attempts + 1 } : act,
  )

/** `arrived`: the server may have it, so it cannot be taken back any more. */
export const returned = (line: Line, key: string, arrived: boolean): Line =>
  edited(line, key, (act) => ({
    ...act,
    state: 'waiting',
    waited: true,
    tried: !arrived && act.attempts === 1 ? null : act.tried,
  }))

/** No connection: its person sees that it waits. */
export const held = (line: Line, operator: string): Line =>
  line.map((act) => (act.operator === operator && isOpen(act) && !act.waited ? { ...act, waited: true } : act))

export type Outcome = { results: ActResult[] } | { problem: Problem }

export function settled(line: Line, key: string, outcome: Outcome, now: number): Line {
  const own = 'problem' in outcome ? { problem: outcome.problem } : ofResults(outcome.results)
  const ended = edited(line, key, (act) => ({
    ...act,
    state: own.problem ? 'refused' : 'done',
    settledAt: now,
    ...own,
  }))
  return 'results' in outcome ? outcome.results.reduce(builtUpon, ended) : ended
}

/** Of one thing its refusal is the whole act's. */
function ofResults(results: ActResult[]): Pick<Queued, 'results'> & { problem?: Problem } {
  const [only] = results
  return { results, ...(results.length === 1 && only?.problem && { problem: only.problem }) }
}

/** Nobody acted between what it was decided on and what one's own earlier act made of it: so it builds on that. */
function builtUpon(line: Line, { id, ok, v }: ActResult): Line {
  if (!ok || v === undefined) return line
  const behind = ({ base, tried, state }: Queued) =>
    state === 'waiting' && tried === null && base?.id === id && base.v < v
  return line.some(behind) ? line.map((act) => (behind(act) ? { ...act, base: { id, v } } : act)) : line
}

export const mayWithdraw = ({ state, tried }: Queued) => state === 'waiting' && tried === null

export const withdrawn = (line: Line, key: string): Line => line.filter((act) => act.key !== key || !mayWithdraw(act))

export const dismissed = (line: Line, key: string): Line => line.filter((act) => act.key !== key || isOpen(act))

/** Refusals stay until somebody has read them. */
export const tidied = (line: Line, now: number): Line =>
  line.filter(({ state, settledAt }) => state !== 'done' || now - (settledAt ?? now) < doneKeptMs)

/** What is sent. Once it has left it is the same for ever: the version was fixed by then. */
export function bodyOf({ body, base }: Queued): Record<string, unknown> {
  return base ? { ...body, items: [base] } : body
}

export type Judgement = 'again' | 'not-mine' | 'final'

/** What an answer that is no result means for the act. */
export function judged({ status, code }: Problem, { attempts }: Pick<Queued, 'attempts'>): Judgement {
  if (code === 'auth.required' || code === 'auth.other-operator' || code === 'auth.enrolment-required')
    return 'not-mine'
  if (code === 'network.unreachable' || status === 503 || status === 429) return 'again'
  // A hotel's sign-in page, or a server this page does not understand.
  if (code === 'network.unexpected') return attempts < mostAttempts ? 'again' : 'final'
  return 'final'
}

/** Left so long ago that sending it again could do it twice. */
export const isUnknowable = ({ tried }: Queued, now: number) => tried !== null && now - tried > keyKnownMs
