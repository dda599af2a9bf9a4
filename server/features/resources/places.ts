/** Which desktop and which host an alarm is about, as the inventory knows them. */
import type { Core } from '../../core/core.ts'
import type { Episode } from '../alarms/service.ts'
import { hostOf, inventoryId, placeOf } from '../inventory/service.ts'

export interface Places {
  /** Ids; null: not named by the alarm, or not in the inventory. */
  desktop: string | null
  host: string | null
}

export function placesOf(
  core: Pick<Core, 'views'>,
  { tenant, desktop, host }: Pick<Episode, 'tenant' | 'desktop' | 'host'>,
): Places {
  const id = desktop === null ? null : inventoryId(tenant, desktop)
  const place = id === null ? null : placeOf(core, id)
  const name = host ?? place?.host ?? null
  return {
    desktop: place ? id : null,
    host: name === null ? null : (hostOf(core, tenant, name)?.id ?? null),
  }
}
