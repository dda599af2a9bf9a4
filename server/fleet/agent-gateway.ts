/** The door of the desktops: Socket.IO namespace `/agent`. Knows no room: whom it lets in and what it hands on are ports. */
import type { DefaultEventsMap, ExtendedError, Namespace, Server, Socket } from 'socket.io'
import type * as z from 'zod/mini'
import { AgentReport } from '#contract/alarms'
import { Sample } from '#contract/inventory'
import type { Core } from '../core/core.ts'
import type { Actor } from '../core/feature.ts'
import { AGENT_NAMESPACE, AGENT_PROTOCOL, AgentHello, Heartbeat } from './agent-contract.ts'
import type { AgentAck, AgentBye, AgentRefusal, AgentToGateway, GatewayToAgent, Welcome } from './agent-contract.ts'
import { Allowance } from './allowance.ts'
import { SampleRings } from './sample-rings.ts'

/** A desktop as its socket knows it. `session` names this one connection among all nodes. */
export interface AgentSession {
  tenant: string
  /** Id of the desktop document. */
  desktop: string
  name: string
  session: string
  version: string
  patch: string | null
  /** SHA-256 of the credential it came in with. */
  credentialHash: string
}

export interface SignIn {
  tenant: string
  desktop: string
  name: string
  credentialHash: string
  /** Set on a first sign-in: stored with the connection, told once. */
  credential?: string
  /** Whose token it was. */
  by?: Actor
}
export interface Enrolment {
  actor: Actor
  address: string
}

/** Who may come in as which desktop, and who is there: the inventory's side of the gateway. */
export interface AgentDirectory {
  signIn: (hello: AgentHello) => SignIn | AgentRefusal
  /** Resolves when it is stored that the desktop is connected; many at once become few writes. */
  connected: (session: AgentSession, enrolment?: Enrolment) => Promise<{ ok: true } | AgentRefusal>
  disconnected: (session: AgentSession) => void
  standing: (desktop: string) => DesktopStanding
  /** Calls back when a desktop's credential, session or existence changed, here or on another node. */
  onChange: (listener: (desktop: string, now: DesktopStanding) => void) => void
}
export interface DesktopStanding {
  session: string | null
  credentialHash: string | null
  gone: boolean
}

/** Resolves to `accepted` only after the report is durably recorded. */
export type AcceptReport = (
  from: AgentSession,
  report: z.infer<typeof AgentReport>,
) => Promise<{ accepted: true } | { accepted: false; refusal: AgentRefusal }>

export interface AgentPorts {
  directory: AgentDirectory
  accept: AcceptReport
  /** Somebody looks at this desktop: only then are its samples published. */
  watched?: (tenant: string, desktop: string) => boolean
}

export interface AgentGateway {
  samples: SampleRings
  /** Sockets that are signed in on this node. */
  count: () => number
  /** Sends everybody away without declaring them offline: they come back to another node or to this one restarted. */
  drain: () => void
}

interface SocketData {
  hello: AgentHello
  signIn: SignIn
  live?: AgentSession
}
type AgentSocket = Socket<AgentToGateway, GatewayToAgent, DefaultEventsMap, SocketData>
type AgentNamespace = Namespace<AgentToGateway, GatewayToAgent, DefaultEventsMap, SocketData>

const mostMalformedInARow = 10
const mostLimitedInARow = 500
/** Heartbeats that may be missed before a silent socket is closed: 12 s at the usual 5 s. */
const missedBeats = 2.4
/** On top for those whose connection is still being stored: a thousand at once take their time. */
const admissionMs = 30_000
const drainSpreadMs = 4_000

export function attachAgents(io: Pick<Server, 'of'>, core: Core, ports: AgentPorts): AgentGateway {
  // The events of this namespace are the contract's; the server's own type knows only those of `/`.
  const agents = io.of(AGENT_NAMESPACE) as AgentNamespace
  const samples = new SampleRings()
  const live = new Map<string, AgentSocket>()
  let draining = false
  let sessions = 0

  agents.use((socket, next) => {
    if (draining) return next(refusal({ code: 'server.draining', retryAfter: drainSpreadMs }))
    const hello = AgentHello.safeParse(socket.handshake.auth)
    if (!hello.success) return next(refusal({ code: 'request.invalid', errors: pathsOf(hello.error) }))
    if (hello.data.protocol !== AGENT_PROTOCOL) return next(refusal({ code: 'agent.protocol' }))
    const signIn = ports.directory.signIn(hello.data)
    if ('code' in signIn) return next(refusal(signIn))
    socket.data.hello = hello.data
    socket.data.signIn = signIn
    next()
  })

  agents.on('connection', (socket) => {
    const { hello, signIn } = socket.data
    const session: AgentSession = {
      tenant: signIn.tenant,
      desktop: signIn.desktop,
      name: signIn.name,
      credentialHash: signIn.credentialHash,
      session: `${core.incarnation}:${++sessions}`,
      version: hello.version,
      patch: hello.patch ?? null,
    }
    const older = live.get(signIn.desktop)
    live.set(signIn.desktop, socket)
    core.metrics.agents.set(live.size)
    if (older) dismiss(older, 'replaced')
    serve(socket, session, { core, ports, samples, silentMs: hello.heartbeat * missedBeats })
    socket.on('disconnect', () => {
      if (live.get(session.desktop) !== socket) return
      live.delete(session.desktop)
      core.metrics.agents.set(live.size)
      if (!draining) ports.directory.disconnected(session)
    })
    void admit(socket, session, ports, core)
  })

  ports.directory.onChange((desktop, now) => {
    const socket = live.get(desktop)
    if (socket?.data.live) dismissUnlessStanding(socket, socket.data.live, now)
  })
  const trimming = setInterval(() => samples.trim(core.clock.now()), 60_000)
  trimming.unref()

  return {
    samples,
    count: () => live.size,
    drain() {
      draining = true
      clearInterval(trimming)
      for (const socket of live.values()) dismiss(socket, 'drain')
    },
  }
}

/** Stores the connection, then says welcome: a credential told is a credential kept. */
async function admit(socket: AgentSocket, session: AgentSession, ports: AgentPorts, core: Core): Promise<void> {
  const { signIn } = socket.data
  try {
    const enrolment = signIn.by && { actor: signIn.by, address: socket.handshake.address }
    const stored = await ports.directory.connected(session, enrolment)
    if ('code' in stored) return dismiss(socket, stored.code === 'agent.already-enrolled' ? 'revoked' : 'drain')
  } catch (error) {
    core.logger.error({ err: error, desktop: session.desktop }, 'agent could not be signed in')
    return dismiss(socket, 'drain')
  }
  if (!socket.connected) return
  socket.data.live = session
  if (dismissUnlessStanding(socket, session, ports.directory.standing(session.desktop))) return
  const welcome: Welcome = {
    protocol: AGENT_PROTOCOL,
    tenant: session.tenant,
    desktop: session.desktop,
    name: session.name,
    now: core.clock.now(),
  }
  socket.emit('welcome', signIn.credential === undefined ? welcome : { ...welcome, credential: signIn.credential })
}

interface Serving {
  core: Core
  ports: AgentPorts
  samples: SampleRings
  silentMs: number
}

/** Takes the events of one socket: each is counted, parsed and answered; nothing here can fail another client. */
function serve(socket: AgentSocket, session: AgentSession, { core, ports, samples, silentMs }: Serving): void {
  const allowance = new Allowance(20, 60, core.clock)
  let malformed = 0
  let limited = 0
  let silence = setTimeout(() => dismiss(socket, 'silent'), admissionMs + silentMs)

  const taken = (): AgentAck => ({ accepted: true, now: core.clock.now() })
  const refuse = (why: AgentRefusal): AgentAck => {
    if (why.code === 'request.invalid' && ++malformed >= mostMalformedInARow)
      setImmediate(() => dismiss(socket, 'malformed'))
    return { accepted: false, ...why }
  }
  const handlers: Record<string, (input: unknown) => AgentAck | Promise<AgentAck>> = {
    heartbeat: (input) => parsed(Heartbeat, input, taken, refuse),
    sample: (input) =>
      parsed(
        Sample,
        input,
        (sample) => {
          const now = core.clock.now()
          if (samples.put(session.desktop, sample, now) && ports.watched?.(session.tenant, session.desktop)) {
            core.changes.tell(session.tenant, 'desktops', `sample:${session.desktop}`, { ...sample, at: now })
          }
          return taken()
        },
        refuse,
      ),
    report: (input) =>
      parsed(
        AgentReport,
        input,
        async (report) => {
          const outcome = await ports.accept(session, report)
          return outcome.accepted ? taken() : refuse(outcome.refusal)
        },
        refuse,
      ),
  }
  const answerTo = async (event: string, input: unknown): Promise<AgentAck> => {
    const wait = allowance.take()
    if (wait > 0) {
      if (++limited >= mostLimitedInARow) setImmediate(() => dismiss(socket, 'malformed'))
      return refuse({ code: 'rate.limited', retryAfter: wait })
    }
    limited = 0
    const handler = Object.hasOwn(handlers, event) ? handlers[event] : undefined
    if (!handler) return refuse({ code: 'request.invalid', errors: [{ path: '', message: 'unknown event' }] })
    if (!socket.data.live) return refuse({ code: 'store.unavailable', retryAfter: 1_000 })
    try {
      const answer = await handler(input)
      if (answer.accepted) malformed = 0
      return answer
    } catch (error) {
      core.logger.error({ err: error, desktop: session.desktop, event }, 'agent event failed')
      return refuse({ code: 'server.fault', retryAfter: 5_000 })
    }
  }
  socket.onAny((event: string, ...args: unknown[]) => {
    clearTimeout(silence)
    silence = setTimeout(() => dismiss(socket, 'silent'), silentMs)
    const last = args.at(-1)
    const asked = typeof last === 'function'
    void answerTo(event, asked && args.length === 1 ? undefined : args[0]).then((ack) => {
      // Socket.IO puts the acknowledgement last.
      if (asked) (last as (ack: AgentAck) => void)(ack)
    })
  })
  socket.on('disconnect', () => clearTimeout(silence))
}

function parsed<T>(
  schema: z.ZodMiniType<T>,
  input: unknown,
  take: (value: T) => AgentAck | Promise<AgentAck>,
  refuse: (why: AgentRefusal) => AgentAck,
): AgentAck | Promise<AgentAck> {
  const result = schema.safeParse(input)
  return result.success ? take(result.data) : refuse({ code: 'request.invalid', errors: pathsOf(result.error) })
}

/** Another node's newer socket, a revoked credential and a deleted desktop all show in the document. */
function dismissUnlessStanding(socket: AgentSocket, session: AgentSession, now: DesktopStanding): boolean {
  const why = now.gone
    ? 'deleted'
    : now.credentialHash !== session.credentialHash
      ? 'revoked'
      : now.session !== session.session
        ? 'replaced'
        : null
  if (why) dismiss(socket, why)
  return why !== null
}

function dismiss(socket: AgentSocket, why: AgentBye['why']): void {
  socket.emit('bye', { why, retryAfter: why === 'drain' ? Math.round(Math.random() * drainSpreadMs) : 1_000 })
  socket.disconnect(true)
}

function refusal(why: AgentRefusal): ExtendedError {
  return Object.assign(new Error(why.code), { data: why })
}

const pathsOf = (error: z.core.$ZodError) =>
  error.issues
    .slice(0, 10)
    .map((issue) => ({ path: issue.path.map(String).join('.'), message: issue.message || issue.code }))
