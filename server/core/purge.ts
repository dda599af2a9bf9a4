/**
 * Tombstones do not stay for ever (S7): a day after a document was taken away — long after any client could still hold
 * it — it leaves the database, by exact `{_id, v}`, so that one that was made anew meanwhile stays. Every node forgets
 * it a little later; a re-creation in between is decided again by the write path.
 */
import type { Core } from './core.ts'
import type { Collection, ScheduleDef } from './feature.ts'
import { documents } from './mongo.ts'

const keptMs = 24 * 3600_000
const forgottenMs = keptMs + 3600_000
const atOnce = 300

export function purge(collections: readonly Collection[]): ScheduleDef {
  return {
    name: 'tombstone-purge',
    everyMs: 10 * 60_000,
    async tick({ db, views, clock }) {
      for (const collection of collections.filter(({ hot }) => hot)) {
        const old = [...views.tombstones(collection, clock.now() - keptMs)]
        for (let at = 0; at < old.length; at += atOnce) {
          const operations = old.slice(at, at + atOnce).map(({ _id, v }) => ({ deleteOne: { filter: { _id, v } } }))
          await documents(db, collection.noun).bulkWrite(operations, { ordered: false })
        }
      }
    },
  }
}

/** On every node, not under a lease: its own memory. */
export function forgetTombstones(
  { views, clock }: Pick<Core, 'views' | 'clock'>,
  collections: readonly Collection[],
): void {
  for (const collection of collections.filter(({ hot }) => hot)) {
    for (const doc of [...views.tombstones(collection, clock.now() - forgottenMs)]) views.forget(collection, doc)
  }
}
