/** Forgets what is old, and what belongs to people and receivers that are gone. */
import type { Core, Write } from '../../core/core.ts'
import type { Collection, Doc } from '../../core/feature.ts'
import { OperatorDocs } from '../../core/tenants.ts'
import { DeliveryDocs, DeviceDocs, NotificationDocs, PreferencesDocs } from './model.ts'

const dayMs = 24 * 3600_000
const atOnce = 300

export async function forgetOld(core: Core): Promise<void> {
  const before = core.clock.now() - core.config.NOTIFICATION_DAYS * dayMs
  await forget(core, NotificationDocs, ({ at }) => at < before)
  await forget(core, DeliveryDocs, ({ nextAt, message }) => nextAt === null && message.at < before)
  const left = ({ operator }: { operator: string }) => core.views.get(OperatorDocs, operator)?.gone === true
  await forget(core, DeviceDocs, left)
  await forget(core, PreferencesDocs, left)
}

/** A pass over memory once an hour. */
async function forget<D extends Doc>(
  core: Core,
  collection: Collection<D>,
  isOver: (doc: D) => boolean,
): Promise<void> {
  const writes: Write[] = [...core.views.all(collection)]
    .filter(isOver)
    .map((doc) => ({ collection, doc: { ...doc, gone: true }, base: doc.v }))
  for (let at = 0; at < writes.length; at += atOnce) await core.changes.write(writes.slice(at, at + atOnce))
}
