/** One line per step, with the time since the start: what a person reads while the system comes up. */
const started = performance.now()

// Whoever read our lines may be gone before we are: the processes must be ended all the same.
process.stdout.on('error', () => {})

/** @param {string} line */
export function say(line) {
  console.log(`[${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s] ${line}`)
}

/**
 * Runs a step and says how long it took, or that it failed.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} step
 * @returns {Promise<T>}
 */
export async function timed(name, step) {
  const began = performance.now()
  const result = await step()
  say(`${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`)
  return result
}

/** @param {unknown} error */
export const reasonOf = (error) => (error instanceof Error ? error.message : String(error))
