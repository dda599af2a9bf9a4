/** Which snapshots a desktop has, kept by desktop: nobody looks through all of them for those of one. */
import type { Core } from '../../core/core.ts'
import { SnapshotDocs, type SnapshotDoc } from './model.ts'

export class SnapshotsByDesktop {
  readonly #views: Core['views']
  readonly #ids = new Map<string, Set<string>>()

  constructor({ views }: Pick<Core, 'views'>) {
    this.#views = views
    views.onChange((collection, doc) => {
      if (collection.noun !== SnapshotDocs.noun) return
      // Nouns name one shape each; a snapshot never changes its desktop.
      const { _id, desktop, gone } = doc as SnapshotDoc
      if (gone) this.#drop(desktop.id, _id)
      else this.#add(desktop.id, _id)
    })
  }

  of(desktop: string): SnapshotDoc[] {
    return [...(this.#ids.get(desktop) ?? [])].flatMap((id) => this.#views.get(SnapshotDocs, id) ?? [])
  }

  #add(desktop: string, id: string): void {
    const ids = this.#ids.get(desktop)
    if (ids) ids.add(id)
    else this.#ids.set(desktop, new Set([id]))
  }

  #drop(desktop: string, id: string): void {
    const ids = this.#ids.get(desktop)
    ids?.delete(id)
    if (ids?.size === 0) this.#ids.delete(desktop)
  }
}
