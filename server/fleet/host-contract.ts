/** What a host, or a platform that knows many, says on the Socket.IO namespace `/hosts`; explained in docs/agent-protocol.md. */
import * as z from 'zod/mini'
import type { HostSamples } from '#contract/resources'
import type { AgentBye, AgentRefusal } from './agent-contract.ts'

export const HOST_NAMESPACE = '/hosts'

/** Handshake `auth`. Unknown fields are ignored, as at `/agent`. */
export const HostHello = z.object({
  protocol: z.number().check(z.int(), z.minimum(0), z.maximum(1000)),
  /** Service token with the scope `samples:write`. */
  token: z.string().check(z.minLength(1), z.maxLength(300)),
  version: z.string().check(z.minLength(1), z.maxLength(40)),
})
export type HostHello = z.infer<typeof HostHello>

/** `unknown`: names that are no hosts of the tenant; their samples went nowhere. */
export type HostAck = { accepted: true; now: number; unknown: string[] } | ({ accepted: false } & AgentRefusal)

export interface HostToGateway {
  samples: (samples: HostSamples, answer: (ack: HostAck) => void) => void
}
export interface GatewayToHost {
  bye: (bye: AgentBye) => void
}
