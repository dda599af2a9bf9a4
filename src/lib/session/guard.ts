import { error, redirect } from '@sveltejs/kit'
import { asProblem } from '../sync/send.ts'
import { session, type Session } from './session.svelte.ts'

/** For pages of signed-in people: brings back here after the sign-in. */
export async function signedIn(url: URL): Promise<Session> {
  if (session.current && !session.expired && session.current.secondFactor !== 'enrol') return session.current
  let found: Session | null
  try {
    found = await session.load()
  } catch (failure) {
    const problem = asProblem(failure)
    const kept = problem.code === 'network.unreachable' ? session.recall() : null
    if (kept) return kept
    error(503, { message: problem.detail, code: problem.code })
  }
  const next = url.pathname + url.search
  if (!found || found.secondFactor === 'enrol')
    redirect(307, next === '/' ? '/login' : `/login?next=${encodeURIComponent(next)}`)
  return found
}

/** Only ways inside this app: an address of another site in `next` would be an open redirect. */
export function safeNext(url: URL): string {
  const next = url.searchParams.get('next') ?? '/alarms'
  const target = new URL(next, url.origin)
  return target.origin === url.origin && !target.pathname.startsWith('/login')
    ? target.pathname + target.search
    : '/alarms'
}
