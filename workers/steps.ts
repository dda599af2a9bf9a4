/** The work of a kind of order: one function per step. A step may run again at any time; what it leaves is named by attempt. */
import type { DesktopProvider } from '../server/fleet/provider.ts'
import type { OrderKind } from '../server/core/order-kind.ts'
import type { ChildOptions } from './child.ts'
import type { FaultCode } from './stops.ts'

/** What a step has in hand. */
export interface Run<I> {
  readonly order: { id: string; tenant: string; number: string; attempt: number; subject: string | null }
  readonly input: I
  /** Told when it has to stop: cancelled, out of time, draining. Steps that use `child` need not look. */
  readonly signal: AbortSignal
  /** How far the step is, from the engine's own output; it never goes back. */
  progress: (done: number, total: number, unit?: 'bytes' | 'parts') => void
  log: (line: string) => void
  warn: (line: string) => void
  /** A path for a file of this attempt: gone with the attempt unless the step keeps it. */
  file: (name: string) => string
  /** Keeps a file for later steps, also of later attempts, as long as its checksum holds. */
  keep: (path: string) => Promise<void>
  /** What an earlier step answered. */
  output: (step: string) => Record<string, unknown>
  /** Where desktops really are; its acts go through `provided`. */
  provider: (name: string) => DesktopProvider
  /** A program under a low priority that dies with this worker and stops with the order; answers what it printed. */
  child: (command: string, args: readonly string[], options?: ChildOptions) => Promise<string>
}

/** Small: stored in the order, read by later steps and by the room that owns the work. */
type Answer = Record<string, unknown>
type Act<I> = (run: Run<I>) => Promise<Answer>

export interface StepWork<I> {
  act: Act<I>
  /** Fingerprint of what it reads from outside; when it differs at a re-execution, the step runs again. */
  inputs: (run: Run<I>) => Promise<string>
  /** Most time without progress, ms; unset: the installation's. */
  quietMs?: number
}

/** A kind with its types closed over, as the engine runs it. */
export interface Work {
  kind: OrderKind
  step: (name: string) => Omit<StepWork<unknown>, 'act' | 'inputs'> & {
    act: (run: Run<unknown>) => Promise<Answer>
    inputs: (run: Run<unknown>) => Promise<string>
  }
}

/** An error of a step with a code of its own, e.g. `disk.no-space`. */
export class StepError extends Error {
  readonly code: FaultCode

  constructor(code: FaultCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export function defineWork<I, S extends string>(kind: OrderKind<I, S>, steps: Record<S, Act<I> | StepWork<I>>): Work {
  const known = new Map<string, Act<I> | StepWork<I>>(Object.entries<Act<I> | StepWork<I>>(steps))
  // The engine parses the stored input by the kind's own schema before it runs a step.
  const typed = (run: Run<unknown>) => run as Run<I>
  return {
    kind,
    step(name) {
      const step = known.get(name)
      if (!step) throw new StepError('fault', `${kind.kind} has no step ${name}`)
      if (typeof step === 'function') return { act: (run) => step(typed(run)), inputs: async () => '' }
      return { ...step, act: (run) => step.act(typed(run)), inputs: (run) => step.inputs(typed(run)) }
    },
  }
}
