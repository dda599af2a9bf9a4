/** Hosts and what stands on them, kept by host: nobody looks through all desktops for those of one. */
import type { Core } from '../../core/core.ts'
import { DesktopDocs, HostDocs, inventoryId, type DesktopDoc } from './model.ts'

export interface HostFacts {
  id: string
  name: string
  vcpus: number
  memoryGiB: number
}

export function hostOf(core: Pick<Core, 'views'>, tenant: string, name: string): HostFacts | null {
  const doc = core.views.get(HostDocs, inventoryId(tenant, name))
  return doc && !doc.gone ? { id: doc._id, name: doc.name, vcpus: doc.vcpus, memoryGiB: doc.memoryGiB } : null
}

export class HostedDesktops {
  #byHost = new Map<string, Map<string, string>>()

  constructor(core: Pick<Core, 'views'>) {
    core.views.onChange((collection, doc, before) => {
      if (collection.noun !== DesktopDocs.noun) return
      // Nouns name one shape each.
      this.#move(doc as DesktopDoc, before as DesktopDoc | null)
    })
  }

  /** Names by id of the desktops on a host. */
  on(host: string): ReadonlyMap<string, string> {
    return this.#byHost.get(host) ?? new Map<string, string>()
  }

  #move(doc: DesktopDoc, before: DesktopDoc | null): void {
    const [from, to] = [keyOf(before), keyOf(doc)]
    if (from === to) return
    if (from !== null) {
      const left = this.#byHost.get(from)
      left?.delete(doc._id)
      if (left?.size === 0) this.#byHost.delete(from)
    }
    if (to === null) return
    const there = this.#byHost.get(to)
    if (there) there.set(doc._id, doc.name)
    else this.#byHost.set(to, new Map([[doc._id, doc.name]]))
  }
}

const keyOf = (doc: DesktopDoc | null) =>
  doc && !doc.gone && doc.host !== null ? inventoryId(doc.tenant, doc.host) : null
