/** The agent's connection of a desktop that a fleet process speaks for. */
import { createHmac } from 'node:crypto'
import { AgentLink } from '../../agent/link.ts'

export interface Surroundings {
  server: string
  heartbeatMs: number
  /** Service token of the tenant that may enrol desktops. */
  enrolment: () => string
  /** Secrets of all desktops of this fleet derive from it: nothing else need be kept. */
  fleetSecret: string
  onRefused: (name: string, code: string) => void
  onAccepted: () => void
  onDropped: (name: string, why: string) => void
}

const slowRetryMs = 30_000
export const fleetAgentVersion = '0.1.0'

export interface SpokenFor {
  tenant: string
  name: string
  /** As the desktop reports it; null: it does not say. */
  patch: () => string | null
}

export function fleetAgent({ tenant, name, patch }: SpokenFor, around: Surroundings): AgentLink {
  const secret = createHmac('sha256', around.fleetSecret).update(`${tenant}/${name}`).digest('base64url')
  let own: string | null = null
  return new AgentLink({
    server: around.server,
    hello: () => {
      const known = patch()
      const hello = { token: own ?? around.enrolment(), secret, desktop: name, version: fleetAgentVersion }
      return known === null ? hello : { ...hello, patch: known }
    },
    heartbeatMs: around.heartbeatMs,
    uptime: () => Math.round(performance.now() / 1000),
    onWelcome: ({ credential }) => {
      if (credential) own = credential
    },
    onEnd: (end, suggestedMs) => {
      // Somebody else is this desktop now, or nobody may be: knocking often would help neither.
      if (end.kind === 'bye' && ['replaced', 'revoked', 'deleted'].includes(end.why)) return slowRetryMs
      if (end.kind !== 'refused') return suggestedMs
      around.onRefused(name, end.refusal.code)
      // A database that was emptied knows no credential of ours: enrol anew.
      own = null
      return end.refusal.retryAfter ?? slowRetryMs * (0.5 + Math.random() / 2)
    },
    onDropped: (_report, why) => around.onDropped(name, why),
    onAccepted: around.onAccepted,
  })
}
