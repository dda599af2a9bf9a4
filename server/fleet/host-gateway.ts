/** The door of the hosts: Socket.IO namespace `/hosts`. One socket speaks for one host or for many; nothing is stored here. */
import type { DefaultEventsMap, ExtendedError, Namespace, Server, Socket } from 'socket.io'
import { HostSamples } from '#contract/resources'
import { authenticate, authorize, stillValid, type Principal } from '../core/access.ts'
import type { Core } from '../core/core.ts'
import { fieldErrors } from '../core/problems.ts'
import { AGENT_PROTOCOL, type AgentBye, type AgentRefusal } from './agent-contract.ts'
import { drainSpreadMs } from './agent-socket.ts'
import { Allowance } from './allowance.ts'
import { HOST_NAMESPACE, HostHello, type GatewayToHost, type HostAck, type HostToGateway } from './host-contract.ts'

/** Answers which of the names are no hosts of the tenant. */
export type TakeHostSamples = (tenant: string, samples: HostSamples) => string[]

type HostSocket = Socket<HostToGateway, GatewayToHost, DefaultEventsMap, { principal: Principal }>

const mostMalformedInARow = 10

export function attachHosts(io: Pick<Server, 'of'>, core: Core, take: TakeHostSamples): { drain: () => void } {
  // The events of this namespace are the contract's; the server's own type knows only those of `/`.
  const hosts = io.of(HOST_NAMESPACE) as Namespace<
    HostToGateway,
    GatewayToHost,
    DefaultEventsMap,
    { principal: Principal }
  >
  let draining = false
  hosts.use((socket, next) => {
    if (draining) return next(refusal({ code: 'server.draining', retryAfter: drainSpreadMs }))
    const hello = HostHello.safeParse(socket.handshake.auth)
    if (!hello.success) return next(refusal({ code: 'request.invalid', errors: fieldErrors(hello.error.issues) }))
    if (hello.data.protocol !== AGENT_PROTOCOL) return next(refusal({ code: 'agent.protocol' }))
    const principal = authenticate(core, { authorization: `Bearer ${hello.data.token}` })
    if (!principal) return next(refusal({ code: 'auth.failed' }))
    if (authorize(principal, 'samples:write')) return next(refusal({ code: 'auth.forbidden' }))
    socket.data.principal = principal
    next()
  })
  hosts.on('connection', (socket) => serve(socket, core, take))
  return {
    drain() {
      draining = true
      for (const socket of hosts.sockets.values()) dismiss(socket, 'drain')
    },
  }
}

function serve(socket: HostSocket, core: Core, take: TakeHostSamples): void {
  const { principal } = socket.data
  const allowance = new Allowance(5, 20, core.clock)
  let malformed = 0
  const answerTo = (event: string, input: unknown): HostAck => {
    const wait = allowance.take()
    if (wait > 0) return { accepted: false, code: 'rate.limited', retryAfter: wait }
    const parsed = event === 'samples' ? HostSamples.safeParse(input) : null
    if (!parsed?.success) {
      if (++malformed >= mostMalformedInARow) setImmediate(() => dismiss(socket, 'malformed'))
      const errors = parsed ? fieldErrors(parsed.error.issues) : [{ path: '', message: 'unknown event' }]
      return { accepted: false, code: 'request.invalid', errors }
    }
    malformed = 0
    return { accepted: true, now: core.clock.now(), unknown: take(principal.tenant, parsed.data) }
  }
  socket.onAny((event: string, ...args: unknown[]) => {
    if (!stillValid(core, principal)) return dismiss(socket, 'revoked')
    const last = args.at(-1)
    const asked = typeof last === 'function'
    const ack = answerTo(event, asked && args.length === 1 ? undefined : args[0])
    // Socket.IO puts the acknowledgement last.
    if (asked) (last as (ack: HostAck) => void)(ack)
  })
}

function dismiss(socket: HostSocket, why: AgentBye['why']): void {
  socket.emit('bye', { why, retryAfter: why === 'drain' ? Math.round(Math.random() * drainSpreadMs) : 1_000 })
  socket.disconnect(true)
}

const refusal = (why: AgentRefusal): ExtendedError => Object.assign(new Error(why.code), { data: why })
