/** Whether this browser is a display, and how it becomes one. */
import { OwnDisplay } from '#contract/displays'
import { session } from '../../session/session.svelte.ts'
import { act, get, Refused } from '../../sync/send.ts'

const key = 'deskwatch.display'
const path = '/api/v1/displays/own'

/** Only for the right words: rights are the server's. */
export const wasDisplay = () => localStorage.getItem(key) !== null
export const forgetDisplay = () => localStorage.removeItem(key)

function become(own: OwnDisplay): OwnDisplay {
  localStorage.setItem(key, own.operator.id)
  session.adopt(own, path)
  return own
}

export async function openLink(link: string, replace: boolean): Promise<OwnDisplay> {
  const body = { link, replace }
  return become(await act('/api/v1/displays/actions/open-link', body, OwnDisplay, { attempts: 5 }))
}

/** null: this screen was sent away. Throws when the server cannot be reached. */
export async function loadDisplay(): Promise<OwnDisplay | null> {
  try {
    return become(await get(path, OwnDisplay))
  } catch (error) {
    if (error instanceof Refused && [401, 403].includes(error.problem.status)) return null
    throw error
  }
}
