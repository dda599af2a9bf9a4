/** What goes wrong with a simulated provider's acts, from a seed: some never end, some lie about how far they are. */
import type { Long } from '../provider.ts'
import type { Random } from './random.ts'

export interface ActFaults {
  /** Share of the acts that hang until they are stopped, 0–1. */
  hang: number
  /** Share of the acts that say whatever about their progress. */
  lie: number
}
export const noFaults: ActFaults = { hang: 0, lie: 0 }

/** Before the act itself. */
export async function suffer({ hang, lie }: ActFaults, random: Random, { signal, onProgress }: Long): Promise<void> {
  if (random.chance(lie)) for (const part of [0.9, 0.2, Number.NaN, -1, 7, 1]) onProgress({ part })
  if (!random.chance(hang)) return
  await new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('hung until it was stopped')), { once: true })
  })
}
