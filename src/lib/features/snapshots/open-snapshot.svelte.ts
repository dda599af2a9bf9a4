import type { DesktopRow } from '#contract/inventory'
import { SnapshotDetail, type SnapshotRow } from '#contract/snapshots'
import { OpenItem } from '../../lists/open-item.svelte.ts'
import type { Connection } from '../../sync/connection.svelte.ts'
import { DesktopRows } from './desktop-rows.svelte.ts'

/** The snapshot whose detail is open, with its desktop as it is now. */
export class OpenSnapshot extends OpenItem<SnapshotRow, SnapshotDetail> {
  readonly #desktops: DesktopRows

  constructor(connection: Connection) {
    super(connection, 'snapshots', SnapshotDetail)
    this.#desktops = new DesktopRows(connection)
  }

  /** undefined: not known yet; null: it is gone. */
  get desktop(): DesktopRow | null | undefined {
    return this.detail ? this.#desktops.get(this.detail.desktop.id) : undefined
  }

  override stop() {
    super.stop()
    this.#desktops.stop()
  }

  protected override took({ desktop }: SnapshotDetail) {
    this.#desktops.follow([desktop.id])
  }
}
