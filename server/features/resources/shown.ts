/** The latest sample of a desktop or host as a last value of its room, only while somebody looks at it or its alarm. */
import type { Core } from '../../core/core.ts'
import { liveEpisode } from '../alarms/service.ts'
import { placesOf } from './places.ts'
import type { Subject } from './points.ts'

/** What somebody on any node has open in a view. */
export type Looking = (tenant: string, view: string) => Iterable<string>

const viewOf = { desktop: 'desktops', host: 'hosts' } as const
/** People open and close pages; samples come faster. */
const freshMs = 500

interface Looked extends Record<Subject, Set<string>> {
  at: number
}

export class Shown {
  readonly #core: Pick<Core, 'views' | 'changes' | 'clock'>
  readonly #looking: () => Looking
  #looked = new Map<string, Looked>()
  #visible = new Set<string>()

  constructor(core: Pick<Core, 'views' | 'changes' | 'clock'>, looking: () => Looking) {
    this.#core = core
    this.#looking = looking
  }

  show(tenant: string, subject: Subject, id: string, value: object): void {
    if (!this.#of(tenant)[subject].has(id)) return this.hide(tenant, subject, id)
    this.#visible.add(`${subject} ${id}`)
    this.#tell(tenant, subject, id, value)
  }

  hide(tenant: string, subject: Subject, id: string): void {
    if (this.#visible.delete(`${subject} ${id}`)) this.#tell(tenant, subject, id, null)
  }

  #tell(tenant: string, subject: Subject, id: string, value: object | null): void {
    this.#core.changes.tell(tenant, viewOf[subject], `sample:${id}`, value)
  }

  #of(tenant: string): Looked {
    const now = this.#core.clock.monotonic()
    let looked = this.#looked.get(tenant)
    if (!looked || now - looked.at > freshMs) this.#looked.set(tenant, (looked = this.#look(tenant, now)))
    return looked
  }

  #look(tenant: string, at: number): Looked {
    const looking = this.#looking()
    const desktop = new Set(looking(tenant, viewOf.desktop))
    const host = new Set(looking(tenant, viewOf.host))
    for (const alarm of looking(tenant, 'alarms')) {
      const episode = liveEpisode(this.#core, tenant, alarm)
      if (!episode) continue
      const places = placesOf(this.#core, episode)
      if (places.desktop !== null) desktop.add(places.desktop)
      if (places.host !== null) host.add(places.host)
    }
    return { at, desktop, host }
  }
}
