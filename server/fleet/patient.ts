/** Asks a provider with patience: what is busy is asked again, what was lost is asked for under the same name. */
import { setTimeout as wait } from 'node:timers/promises'
import { ProviderError, type Long, type ProviderErrorCode } from './provider.ts'

/** Somebody's power act may take its grace; a fleet process that died is started again meanwhile. */
const patienceMs = 45_000
const againMs = 500

export const codeOf = (error: unknown): ProviderErrorCode | null => (error instanceof ProviderError ? error.code : null)

export async function patiently<T>(long: Long, act: (long: Long) => Promise<T>): Promise<T> {
  const until = performance.now() + patienceMs
  for (let n = 1; ;) {
    try {
      return await act({ ...long, op: `${long.op}:${n}` })
    } catch (error) {
      const code = codeOf(error)
      const isLost = code === 'provider.unavailable' || code === 'provider.unknown-outcome'
      if ((!isLost && code !== 'provider.busy') || performance.now() > until) throw error
      // An act that ended is answered, not done again: after "busy" it needs another name.
      if (!isLost) n++
      await wait(againMs, undefined, { signal: long.signal })
    }
  }
}
