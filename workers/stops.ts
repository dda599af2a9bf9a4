/** How a run ends before its end: told to stop, or failed by itself. */
import { orderFaults, type OrderError, type OrderFault } from '../server/features/work-orders/contract.ts'
import { providerErrorCodes, type ProviderErrorCode } from '../server/fleet/provider.ts'

/** Why a run stops before its end. */
export type Stop = 'cancelled' | 'no-progress' | 'timeout' | 'drained'

export class Stopped extends Error {
  readonly why: Stop
  constructor(why: Stop) {
    super(why)
    this.why = why
  }
}

/** A step that was told to stop and does not: it is left behind, its order ends. */
const deafMs = 10_000

const messages: Record<Stop, string> = {
  cancelled: 'it was cancelled',
  'no-progress': 'the step made no progress for too long',
  timeout: 'the attempt took too long',
  drained: 'its worker was asked to end',
}

/** Gives up on work that does not hear that it has to stop. */
export async function orStopped<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let late: NodeJS.Timeout | undefined
  const { promise: deaf, reject } = Promise.withResolvers<never>()
  const wait = () => {
    late = setTimeout(() => reject(new Stopped(whyStopped(signal))), deafMs)
  }
  signal.addEventListener('abort', wait, { once: true })
  if (signal.aborted) wait()
  try {
    return await Promise.race([work, deaf])
  } finally {
    clearTimeout(late)
    signal.removeEventListener('abort', wait)
  }
}

function whyStopped(signal: AbortSignal): Stop {
  const reason: unknown = signal.reason
  return reason instanceof Stopped ? reason.why : 'cancelled'
}

export type FaultCode = OrderFault | ProviderErrorCode
const known: ReadonlySet<unknown> = new Set([...orderFaults, ...providerErrorCodes])
const isFault = (code: unknown): code is FaultCode => known.has(code)

/** Who was told to stop ended because of that, whatever it says itself. */
/** Only what people are told in words is a code; all else is a fault with its own message. */
export function endedBy(error: unknown, signal: AbortSignal): Pick<OrderError, 'message'> & { code: FaultCode } {
  const stop = signal.aborted ? whyStopped(signal) : error instanceof Stopped ? error.why : null
  if (stop) return { code: stop, message: messages[stop] }
  const code = error instanceof Error && 'code' in error ? error.code : null
  const message = error instanceof Error ? error.message.slice(0, 2_000) : 'it failed without a word'
  if (code === 'ENOSPC') return { code: 'disk.no-space', message }
  return { code: isFault(code) ? code : 'fault', message }
}
