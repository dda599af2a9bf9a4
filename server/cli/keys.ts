/** `keys rotate`: a new master key seals from now on; what is sealed moves to it; old ones stay readable. */
import { addMasterKey, masterKeyFile } from '../core/envelope.ts'
import { must } from '../core/must.ts'
import { OperatorDocs } from '../core/tenants.ts'
import { rewrapSecrets } from '../features/notifications/secrets.ts'
import type { House } from './house.ts'

export async function rotateKeys({ core, as }: House): Promise<string> {
  const envelope = await addMasterKey(core.config)
  let moved = 0
  for (const operator of [...core.views.all(OperatorDocs)]) {
    if (!operator.totp && !operator.totpPending) continue
    const [result] = await core.changes.each(as(operator.tenant), OperatorDocs, [operator._id], (doc) => ({
      next: {
        ...doc,
        totp: doc.totp && { ...doc.totp, sealed: envelope.rewrap(doc.totp.sealed, doc._id) },
        totpPending: doc.totpPending && envelope.rewrap(doc.totpPending, doc._id),
      },
    }))
    if (must(result, 'one id has one result').ok) moved++
  }
  moved += await rewrapSecrets(core, envelope)
  return `A new master key stands first in ${masterKeyFile(core.config)}; ${moved} secrets moved to it. Servers seal with it after their next restart; keep the old lines until every backup that needs them is gone.`
}
