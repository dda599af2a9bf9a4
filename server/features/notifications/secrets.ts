/** What this room keeps sealed, moved to the newest master key. For the command line, which holds no views of the room. */
import type { Core } from '../../core/core.ts'
import type { Envelope } from '../../core/envelope.ts'
import type { Collection, Doc } from '../../core/feature.ts'
import { documents } from '../../core/mongo.ts'
import { DeviceDocs, PushKeyDocs, WebhookDocs } from './model.ts'

type Sealed = Doc & { sealed: string }

export async function rewrapSecrets(core: Core, envelope: Envelope): Promise<number> {
  const collections: Collection<Sealed>[] = [DeviceDocs, WebhookDocs, PushKeyDocs]
  let moved = 0
  for (const collection of collections) {
    for await (const doc of documents<Sealed>(core.db, collection.noun).find({})) {
      const next: Sealed = { ...doc, sealed: envelope.rewrap(doc.sealed, doc._id) }
      if (doc.gone || next.sealed === doc.sealed) continue
      const [written] = await core.changes.write([{ collection, doc: next, base: doc.v }])
      if (written?.ok) moved++
    }
  }
  return moved
}
