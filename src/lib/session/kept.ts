/** What this browser remembers for its person: read by first-paint.js too, so the key and shape are shared with it. */
export interface Kept {
  theme?: 'dark' | 'light' | 'system'
  density?: 'compact' | 'normal' | 'roomy'
  language?: 'zh-CN' | 'en'
  username?: string
}

const key = 'deskwatch'

export function readKept(): Kept {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? '{}')
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {} // storage may be blocked; the defaults are good enough
  }
}

export function keep(change: Kept): void {
  try {
    localStorage.setItem(key, JSON.stringify({ ...readKept(), ...change }))
  } catch {
    return // storage may be blocked; the choice then lasts for this visit
  }
}
