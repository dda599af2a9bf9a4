import { createContext } from 'svelte'
import type { AlarmRow } from '#contract/alarms'
import type { Collection } from '../sync/collection.svelte.ts'
import type { Connection } from '../sync/connection.svelte.ts'

/** What every page of a signed-in operator stands on. */
export interface Live {
  connection: Connection
  alarms: Collection<AlarmRow>
}

export const [useLive, provideLive] = createContext<Live>()
