const soonMs = 200

/** After what is on its way to the screen; not every browser says when that is. */
export function whenIdle(work: () => void): void {
  if ('requestIdleCallback' in globalThis) requestIdleCallback(work, { timeout: 2_000 })
  else setTimeout(work, soonMs)
}
