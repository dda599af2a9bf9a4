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

class CurrentSession {
  /** Where it is read: a display has a place of its own. */
  #path = '/api/v1/session'
  current = $state.raw<Session | null>(null)
  /** The server refused the session we believed in: the page keeps its place and asks to sign in again. */
  expired = $state(false)

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
      if (status === 401 || (status === 403 && actingIn() === null)) return (this.current = null)
      throw error
    }
  }

  adopt(session: Session, path: string) {
    this.#path = path
    this.#take(session)
  }

  async signIn(username: string, password: string, code?: string): Promise<Session> {
    actIn(null)
    this.#path = '/api/v1/session'
    return this.#take(
      await act(this.#path, { username, password, ...(code ? { code } : {}) }, Session, { attempts: 1 }),
    )
  }

  async signOut(): Promise<void> {
    await act('/api/v1/session', undefined, Anything, { method: 'DELETE', attempts: 1 })
    actIn(null)
    this.current = null
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

  #take(session: Session): Session {
    this.current = session
    this.expired = false
    if (session.language && !locale.chosen) locale.set(session.language, false)
    locale.zone = session.zone ?? undefined
    appearance.suggest(session)
    return session
  }
}

export const session = new CurrentSession()
