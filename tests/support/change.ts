/** Writes a document as another node would. */
import type { Collection } from '../../server/core/feature.ts'
import { documents } from '../../server/core/mongo.ts'
import { must } from '../../server/core/must.ts'
import type { Deskwatch } from './deskwatch.ts'
import { until } from './until.ts'

export async function changeDesktop(
  { house: { core } }: Deskwatch,
  id: string,
  change: Record<string, unknown>,
): Promise<void> {
  const noun = 'desktops'
  const collection: Collection = { noun, hot: true }
  await until(`${id} is changed`, async () => {
    const doc = must(await documents(core.db, noun).findOne({ _id: id }), `${id} stands`)
    const [result] = await core.changes.write([{ collection, doc: { ...doc, ...change }, base: doc.v }])
    return result?.ok ?? false
  })
  await core.changes.published(10_000)
}
