/** What the gateway needs of the rooms behind it: it knows none of them. */
import type * as z from 'zod/mini'
import type { AgentReport } from '#contract/alarms'
import type { Sample } from '#contract/inventory'
import type { Actor } from '../core/feature.ts'
import type { AgentHello, AgentRefusal } from './agent-contract.ts'

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

/** Where samples go; what they say is of now, so nothing waits for them. */
export interface SampleTaker {
  desktop: (from: AgentSession, sample: Sample) => void
  left: (from: AgentSession) => void
}

export interface AgentPorts {
  directory: AgentDirectory
  accept: AcceptReport
  samples: SampleTaker
}
