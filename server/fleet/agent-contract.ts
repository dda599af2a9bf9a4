/** What an agent and the gateway say to each other on the Socket.IO namespace `/agent`; explained in docs/agent-protocol.md. */
import * as z from 'zod/mini'
import type { AgentReport } from '#contract/alarms'
import type { Sample } from '#contract/inventory'
import { Name } from '#contract/inventory'

/** Version of the agent protocol; the gateway speaks this one and the one before. */
export const AGENT_PROTOCOL = 1
export const AGENT_NAMESPACE = '/agent'

const whole = (least: number, most: number) => z.number().check(z.int(), z.minimum(least), z.maximum(most))
const word = (most: number) => z.string().check(z.minLength(1), z.maxLength(most), z.regex(/^[\x21-\x7e]+$/))

export const defaultHeartbeatMs = 5_000

/** Handshake `auth`. Unknown fields are ignored here, so that a newer agent can still say hello. */
export const AgentHello = z.object({
  protocol: whole(0, 1000),
  /** The desktop's own credential (`dwd_…`) or a service token with the scope `inventory:enrol`. */
  token: word(300),
  desktop: Name,
  version: word(40),
  /** Version of the desktop's patch set, e.g. `1.30.2`. */
  patch: z.optional(word(40)),
  /** First sign-in only: the secret half of the credential, chosen and kept by the agent before it is sent. */
  secret: z.optional(z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/))),
  /** How often this agent will send heartbeats, ms. */
  heartbeat: z._default(whole(1_000, 60_000), defaultHeartbeatMs),
})
export type AgentHello = z.infer<typeof AgentHello>
export type AgentHelloInput = z.input<typeof AgentHello>

export const Heartbeat = z.strictObject({
  seq: whole(0, Number.MAX_SAFE_INTEGER),
  /** Seconds since the machine started. */
  uptime: z.number().check(z.minimum(0), z.maximum(1e10)),
  /** The agent's clock, ms since the epoch. */
  at: z.number().check(z.minimum(0), z.maximum(8.64e15)),
})
export type Heartbeat = z.infer<typeof Heartbeat>

/** `err.data.code` of a refused handshake (`connect_error`) and `code` of a refused event. */
export const agentRefusals = [
  'request.invalid',
  'auth.failed',
  'auth.forbidden',
  'agent.protocol',
  'agent.already-enrolled',
  'agent.revoked',
  'rate.limited',
  'intake.overloaded',
  'store.unavailable',
  'server.draining',
  'server.fault',
] as const
export type AgentRefusalCode = (typeof agentRefusals)[number]

export interface AgentRefusal {
  code: AgentRefusalCode
  /** ms to wait before the same thing is tried again. */
  retryAfter?: number
  /** Bad fields by path, e.g. `readings.fps`. */
  errors?: { path: string; message: string }[]
}

/** Answer to every event. `accepted` to a report is given only once it is durably recorded. */
export type AgentAck = { accepted: true; now: number } | ({ accepted: false } & AgentRefusal)

/** First event after a successful handshake; until it came, nothing the agent sends is taken. */
export interface Welcome {
  protocol: number
  tenant: string
  /** Id of the desktop in the HTTP interface. */
  desktop: string
  name: string
  /** After a first sign-in: what to use as `token` from now on. Never shown again. */
  credential?: string
  /** Server clock, ms. */
  now: number
}

export interface AgentBye {
  /** `replaced`: a newer socket signed in as this desktop. Only after `drain`, `silent` and `malformed` is it right to come back. */
  why: 'replaced' | 'revoked' | 'deleted' | 'drain' | 'silent' | 'malformed'
  /** ms */
  retryAfter: number
}

export interface GatewayToAgent {
  welcome: (welcome: Welcome) => void
  bye: (bye: AgentBye) => void
}

type Answer = (ack: AgentAck) => void
export interface AgentToGateway {
  heartbeat: (heartbeat: Heartbeat, answer: Answer) => void
  sample: (sample: Sample, answer: Answer) => void
  report: (report: z.input<typeof AgentReport>, answer: Answer) => void
}
