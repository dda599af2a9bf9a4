/** What one desktop's socket may say: each event is counted, parsed, taken and answered. */
import type * as z from 'zod/mini'
import { AgentReport } from '#contract/alarms'
import { Sample } from '#contract/inventory'
import type { Core } from '../core/core.ts'
import { fieldErrors } from '../core/problems.ts'
import { Heartbeat, type AgentAck, type AgentRefusal } from './agent-contract.ts'
import type { AgentPorts, AgentSession } from './agent-ports.ts'
import { dismiss, type AgentSocket } from './agent-socket.ts'
import { Allowance } from './allowance.ts'

const mostMalformedInARow = 10
const mostLimitedInARow = 500
/** On top for those whose connection is still being stored: a thousand at once take their time. */
const admissionMs = 30_000

interface Serving {
  core: Core
  ports: AgentPorts
  silentMs: number
}

/** Nothing here can fail another client. */
export function serve(socket: AgentSocket, session: AgentSession, { core, ports, silentMs }: Serving): void {
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
          ports.samples.desktop(session, sample)
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
  socket.on('disconnect', () => {
    clearTimeout(silence)
    ports.samples.left(session)
  })
}

function parsed<T>(
  schema: z.ZodMiniType<T>,
  input: unknown,
  take: (value: T) => AgentAck | Promise<AgentAck>,
  refuse: (why: AgentRefusal) => AgentAck,
): AgentAck | Promise<AgentAck> {
  const result = schema.safeParse(input)
  return result.success
    ? take(result.data)
    : refuse({ code: 'request.invalid', errors: fieldErrors(result.error.issues) })
}
