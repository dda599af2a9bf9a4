/** The door of the desktops: Socket.IO namespace `/agent`. Knows no room: whom it lets in and what it hands on are ports. */
import type { DefaultEventsMap, ExtendedError, Namespace, Server } from 'socket.io'
import type { Core } from '../core/core.ts'
import { fieldErrors } from '../core/problems.ts'
import {
  AGENT_NAMESPACE,
  AGENT_PROTOCOL,
  AgentHello,
  type AgentRefusal,
  type AgentToGateway,
  type GatewayToAgent,
  type Welcome,
} from './agent-contract.ts'
import { serve } from './agent-events.ts'
import type { AgentPorts, AgentSession, DesktopStanding } from './agent-ports.ts'
import { dismiss, drainSpreadMs, type AgentSocket, type SocketData } from './agent-socket.ts'

export interface AgentGateway {
  /** Sockets that are signed in on this node. */
  count: () => number
  /** Sends everybody away without declaring them offline: they come back to another node or to this one restarted. */
  drain: () => void
}

type AgentNamespace = Namespace<AgentToGateway, GatewayToAgent, DefaultEventsMap, SocketData>

/** Heartbeats that may be missed before a silent socket is closed: 12 s at the usual 5 s. */
const missedBeats = 2.4

export function attachAgents(io: Pick<Server, 'of'>, core: Core, ports: AgentPorts): AgentGateway {
  // The events of this namespace are the contract's; the server's own type knows only those of `/`.
  const agents = io.of(AGENT_NAMESPACE) as AgentNamespace
  const live = new Map<string, AgentSocket>()
  let draining = false
  let sessions = 0

  agents.use((socket, next) => {
    if (draining) return next(refusal({ code: 'server.draining', retryAfter: drainSpreadMs }))
    const hello = AgentHello.safeParse(socket.handshake.auth)
    if (!hello.success) return next(refusal({ code: 'request.invalid', errors: fieldErrors(hello.error.issues) }))
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
    serve(socket, session, { core, ports, silentMs: hello.heartbeat * missedBeats })
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

  return {
    count: () => live.size,
    drain() {
      draining = true
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

function refusal(why: AgentRefusal): ExtendedError {
  return Object.assign(new Error(why.code), { data: why })
}
