/** Waits for a condition with a deadline; what the last look threw is part of the failure. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, seconds = 15): Promise<void> {
  const deadline = performance.now() + seconds * 1000
  let last: unknown
  for (;;) {
    try {
      if (await holds()) return
      last = undefined
    } catch (error) {
      last = error
    }
    if (performance.now() > deadline) throw new Error(`${what}: not within ${seconds} s`, { cause: last })
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
