/** What a receiver's answer means for the next attempt. */
import { OutgoingRefused, type OutgoingAnswer } from '../../../core/outgoing.ts'
import type { Outcome } from '../outbox.ts'

/** Of the 4xx only these may go well another time. */
const passing = new Set([408, 425, 429])

export function outcomeOf({ status, headers, body }: OutgoingAnswer): Outcome {
  if (status >= 200 && status < 300) return { sent: true }
  const said = body.replace(/\s+/g, ' ').trim().slice(0, 120)
  const reason = `http.${status}${said ? `: ${said}` : ''}`
  const seconds = Number(headers['retry-after'])
  const retryAfterMs = seconds > 0 ? seconds * 1000 : 0
  return { sent: false, reason, final: status < 500 && !passing.has(status), retryAfterMs }
}

/** A target that may not be spoken to stays one; any other trouble on the way is tried again. */
export async function sendingOutcome(send: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await send()
  } catch (error) {
    if (error instanceof OutgoingRefused)
      return { sent: false, reason: `outgoing.${error.reason}: ${error.message}`, final: true }
    throw error
  }
}

export const gone: Outcome = { sent: false, reason: 'target.gone', final: true }
