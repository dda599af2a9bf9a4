/** Who may open a console's socket, and in which tenant. */
import { Hello, PROTOCOL, type ErrorCode } from '#wire'
import { authenticate } from './access.ts'
import type { ConsoleSocket, SocketData } from './console-socket.ts'
import type { Core } from './core.ts'
import { ForeignEntries } from './foreign-entries.ts'
import { toProblem } from './problems.ts'

export class ConsoleDoor {
  readonly #core: Core
  readonly #entries: ForeignEntries

  constructor(core: Core) {
    this.#core = core
    this.#entries = new ForeignEntries(core)
  }

  /** Entering another tenant, or being kept out of it, is in the trail before anything is shown. */
  async admit({ headers, auth, address }: ConsoleSocket['handshake']): Promise<SocketData | ErrorCode> {
    const hello = Hello.safeParse(auth)
    const wanted = hello.data?.tenant
    const principal = authenticate(this.#core, headers, wanted)
    if (!principal) return 'auth.required'
    if (principal.enrolment) return 'auth.enrolment-required'
    if (!hello.success || hello.data.protocol > PROTOCOL || hello.data.protocol < PROTOCOL - 1) return 'request.invalid'
    if (principal.astray) {
      await this.#entries.refused(principal, address, wanted)
      return 'auth.forbidden'
    }
    await this.#entries.note(principal, address)
    return {
      principal,
      surface: hello.data.surface,
      hidden: false,
      held: new Map(),
      presence: null,
      allowance: 'rows',
      backlogSince: null,
    }
  }
}

/** What socket.io hands to a client whose handshake is refused. */
export function handshakeError(code: ErrorCode): Error {
  const { detail } = toProblem({ refused: code }, 'en')
  return Object.assign(new Error(code), { data: { code, detail } })
}
