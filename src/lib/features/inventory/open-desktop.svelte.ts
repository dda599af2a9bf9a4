import { DesktopDetail, type DesktopRow } from '#contract/inventory'
import { OpenItem } from '../../lists/open-item.svelte.ts'
import type { Connection } from '../../sync/connection.svelte.ts'

/** The desktop whose detail is open. */
export class OpenDesktop extends OpenItem<DesktopRow, DesktopDetail> {
  constructor(connection: Connection) {
    super(connection, 'desktops', DesktopDetail)
  }
}
