/** How samples are forgotten, and what is kept with alarms, for the workers that do it. */
import type { Db } from 'mongodb'
import { documents } from '../../core/mongo.ts'
import { FrozenDocs } from './frozen.ts'

export { forgetSamplesOfDay } from './buckets.ts'

/** With the episodes it is kept with. */
export async function forgetResourcesOf(db: Db, episodes: readonly string[]): Promise<void> {
  await documents(db, FrozenDocs.noun).deleteMany({ _id: { $in: [...episodes] } })
}
