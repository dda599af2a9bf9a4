import * as z from 'zod/mini'
import { Permission, Role } from '#wire'
import { act, get, Refused } from '../sync/send.ts'
import { locale } from '../i18n/locale.svelte.ts'
import { actIn, actingIn } from './acting-in.ts'
import { appearance } from './appearance.svelte.ts'

export const Session = z.object({
  operator: z.object({ id: z.string(), name: z.string(), username: z.string() }),
  tenant: z.object({ id: z.string(), code: z.string(), name: z.string() }),
  role: Role,
  permissions: z.array(z.string()),
  language: z.optional(z.nullable(z.enum(['zh-CN', 'en']))),
  theme: z.optional(z.nullable(z.string())),
  density: z.optional(z.nullable(z.string())),
  zone: z.optional(z.nullable(z.string())),
  secondFactor: z.enum(['off', 'on', 'enrol']),
})
export type Session = z.infer<typeof Session>

const Enrolment = z.object({ secret: z.string(), uri: z.string(), qr: z.string() })
export type Enrolment = z.infer<typeof Enrolment>
const Enrolled = z.nullish(z.object({ recoveryCodes: z.optional(z.array(z.string())) }))
const Anything = z.unknown()

const ofPersons = '/api/v1/session'
const kept = 'deskwatch.session'

function readStored(): unknown {
  try {
    return JSON.parse(localStorage.getItem(kept) ?? 'null')
  } catch {
    return null // storage may be blocked: then a page opens with a network only
  }
}

function store(session: Session | null): void {
  try {
    if (session) localStorage.setItem(kept, JSON.stringify(session))
    else localStorage.removeItem(kept)
  } catch {
    return // storage may be blocked: then a page opens with a network only
  }
}

class CurrentSession {
  /** Where it is read: a display has a place of its own. */
  #path = ofPersons
  current = $state.raw<Session | null>(null)
  /** The server refused the session we believed in: the page keeps its place and asks to sign in again. */
  expired = $state(false)
  /** Nobody has confirmed it since the page was opened. */
  recalled = $state(false)

  can(permission: Permission): boolean {
    return this.current?.permissions.includes(permission) ?? false
  }

  /** null: nobody is signed in. Throws when the server cannot be reached. */
  async load(): Promise<Session | null> {
    try {
      return this.#take(await get(this.#path, Session))
    } catch (error) {
      const status = error instanceof Refused ? error.problem.status : 0
      // A display has no session of a person, a person none of a display.
      if (status === 401 || (status === 403 && actingIn() === null)) return this.#nobody()
      throw error
    }
  }

  adopt(session: Session, path: string) {
    this.#path = path
    this.#take(session)
  }

  async signIn(username: string, password: string, code?: string): Promise<Session> {
    actIn(null)
    this.#path = ofPersons
    return this.#take(
      await act(this.#path, { username, password, ...(code ? { code } : {}) }, Session, { attempts: 1 }),
    )
  }

  async signOut(): Promise<void> {
    await act(ofPersons, undefined, Anything, { method: 'DELETE', attempts: 1 })
    actIn(null)
    this.#nobody()
  }

  enrol(): Promise<Enrolment> {
    return act('/api/v1/session/second-factor/enrolment', {}, Enrolment, { attempts: 1 })
  }

  async confirmEnrolment(code: string): Promise<string[]> {
    const done = await act('/api/v1/session/second-factor', { code }, Enrolled, { attempts: 1 })
    return done?.recoveryCodes ?? []
  }

  async prefer(change: { language?: string; theme?: string; density?: string; zone?: string | null }): Promise<void> {
    if (this.current) await act('/api/v1/session/preferences', change, Anything)
  }

  /** Without a network: whoever was signed in here last. What he may do is still the server's to say. */
  recall(): Session | null {
    const kept = Session.safeParse(readStored()).data ?? null
    if (kept) this.#accept(kept)
    this.recalled = kept !== null
    return kept
  }

  #nobody(): null {
    if (this.#path === ofPersons) store(null)
    return (this.current = null)
  }

  #take(session: Session): Session {
    if (this.#path === ofPersons) store(session)
    this.recalled = false
    return this.#accept(session)
  }

  #accept(session: Session): Session {
    this.current = session
    this.expired = false
    if (session.language && !locale.chosen) locale.set(session.language, false)
    locale.zone = session.zone ?? undefined
    appearance.suggest(session)
    return session
  }
}

export const session = new CurrentSession()
