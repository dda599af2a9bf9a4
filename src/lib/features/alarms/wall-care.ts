/** What keeps a screen healthy that nobody touches for weeks. */

const corners = [
  { x: 0, y: 0 },
  { x: 2, y: 0 },
  { x: 2, y: 2 },
  { x: 0, y: 2 },
]

/** The whole page moves by 2 px every ten minutes against burn-in. */
export function shiftOf(at: number): { x: number; y: number } {
  return corners[Math.floor(at / 600_000) % corners.length] ?? { x: 0, y: 0 }
}

const key = 'deskwatch.wall.reloaded'
const atLeastMs = 60_000

/** A new build is running: reload, but only when the page is served again, and never in a circle. */
export async function reloadWhenServed(): Promise<void> {
  if (Date.now() - Number(sessionStorage.getItem(key) ?? 0) < atLeastMs) return
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 1000 + Math.random() * 4000))
    const served = await fetch(location.pathname, { cache: 'no-store' }).then(
      (response) => response.ok,
      () => false,
    )
    if (!served) continue
    sessionStorage.setItem(key, String(Date.now()))
    location.reload()
    return
  }
}
