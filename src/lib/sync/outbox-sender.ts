/** Sends what waits, one after the other; the same for pages and the service worker, and never both at once. */
import * as z from 'zod/mini'
import { ActResult } from '#wire'
import {
  bodyOf,
  isUnknowable,
  judged,
  lineName,
  nextOf,
  returned,
  settled,
  taken,
  type Line,
  type Outcome,
  type Queued,
} from './outbox.ts'
import type { LineStore } from './outbox-store.ts'
import { act, asProblem, get, Refused } from './send.ts'

const Results = z.object({ results: z.array(ActResult) })
const SignedIn = z.object({ operator: z.object({ id: z.string() }) })
const patienceMs = 20_000

/** `again`: something is left, ask after so many ms; `not-mine`: its operator is not signed in. */
export type Flushed = { kind: 'empty' } | { kind: 'again'; afterMs: number } | { kind: 'not-mine' }

export interface Sending {
  store: LineStore
  /** After each change of the line. */
  changed: (line: Line) => void
  /** Signed in and surely connected; null: found out first, so that nothing leaves into nowhere. */
  operator: string | null
}

export function flush(sending: Sending): Promise<Flushed> {
  return exclusively(() => sendAll(sending))
}

/** Of pages and worker one at a time. Where the browser has no locks the keys alone keep acts single. */
async function exclusively<T>(work: () => Promise<T>): Promise<T> {
  // Absent where the page came over plain HTTP.
  const locks: LockManager | undefined = navigator.locks
  return locks ? await locks.request(lineName, work) : work()
}

async function sendAll({ store, changed, operator }: Sending): Promise<Flushed> {
  const line = await store.change((all) => all)
  if (!line.some(({ state }) => state === 'waiting' || state === 'sending')) return { kind: 'empty' }
  const who = operator ?? (await signedIn())
  if (typeof who !== 'string') return who
  for (;;) {
    const next = nextOf(await store.change((all) => all), who)
    if (!next) return { kind: 'empty' }
    const now = Date.now()
    if (isUnknowable(next, now)) {
      changed(await store.change((all) => settled(all, next.key, unknowable, now)))
      continue
    }
    changed(await store.change((all) => taken(all, next.key, now)))
    const sent = await send(next)
    changed(await store.change((all) => sent.step(all)))
    if (sent.stop) return sent.stop
  }
}

const unknowable: Outcome = {
  problem: {
    type: 'about:blank',
    title: 'unknown',
    status: 0,
    code: 'network.unknowable',
    detail: 'network.unknowable',
  },
}

async function signedIn(): Promise<string | Flushed> {
  try {
    return (await get('/api/v1/session', SignedIn, AbortSignal.timeout(patienceMs))).operator.id
  } catch (error) {
    return asProblem(error).status === 401 ? { kind: 'not-mine' } : { kind: 'again', afterMs: waitOf(error) }
  }
}

interface Sent {
  step: (line: Line) => Line
  stop: Flushed | null
}

async function send(queued: Queued): Promise<Sent> {
  const { key, path, operator, tenant } = queued
  try {
    const { results } = await act(path, bodyOf(queued), Results, {
      key,
      attempts: 1,
      tenant,
      headers: { 'if-operator': operator },
      signal: AbortSignal.timeout(patienceMs),
    })
    return { step: (line) => settled(line, key, { results }, Date.now()), stop: null }
  } catch (error) {
    const problem = asProblem(error)
    const judgement = judged(problem, { attempts: queued.attempts + 1 })
    if (judgement === 'final') return { step: (line) => settled(line, key, { problem }, Date.now()), stop: null }
    if (judgement === 'not-mine') return { step: (line) => returned(line, key, false), stop: { kind: 'not-mine' } }
    return { step: (line) => returned(line, key, true), stop: { kind: 'again', afterMs: waitOf(error) } }
  }
}

const waitOf = (error: unknown) => (error instanceof Refused && error.retryAfter !== null ? error.retryAfter : 2_000)
