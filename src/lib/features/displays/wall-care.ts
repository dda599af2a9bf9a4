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
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** A new build is running: reload, but only when the page is served again, and never in a circle. */
export async function reloadWhenServed(): Promise<void> {
  await later(Math.max(0, Number(sessionStorage.getItem(key) ?? 0) + atLeastMs - Date.now()))
  for (;;) {
    await later(1000 + Math.random() * 4000)
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

/** Asks the device not to darken the screen; asks again whenever the page comes back to the front. */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | null = null
  const ask = async () => {
    if (document.hidden || !('wakeLock' in navigator)) return
    try {
      lock = await navigator.wakeLock.request('screen')
    } catch {
      lock = null // low battery or a policy: the device decides, and the page goes on
    }
  }
  const seen = () => void ask()
  document.addEventListener('visibilitychange', seen)
  seen()
  return () => {
    document.removeEventListener('visibilitychange', seen)
    void lock?.release()
  }
}
