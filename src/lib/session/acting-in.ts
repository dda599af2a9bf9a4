/** The tenant that a platform administrator acts in, in this tab alone; whether he may is the server's to say. */
const key = 'deskwatch.tenant'

function read(): string | null {
  try {
    return sessionStorage.getItem(key)
  } catch {
    return null // storage may be blocked: then one acts at home
  }
}

let tenant = read()

export const actingIn = () => tenant

/** null: at home. What the page holds belongs to the tenant before, so the caller loads it anew. */
export function actIn(code: string | null): void {
  tenant = code
  try {
    if (code === null) sessionStorage.removeItem(key)
    else sessionStorage.setItem(key, code)
  } catch {
    return // storage may be blocked; the choice then lasts until the next load
  }
}
