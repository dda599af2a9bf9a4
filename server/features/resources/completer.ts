/**
 * When the time after a report has passed: minutes, neighbours and verdict are kept with the alarm. Works through what
 * is noted by minute, so it finds after a restart what a dead process left; doing it twice changes nothing.
 */
import type { Core } from '../../core/core.ts'
import { TenantDocs } from '../../core/tenants.ts'
import { findEpisode, type Episode } from '../alarms/service.ts'
import type { HostedDesktops } from '../inventory/service.ts'
import { packMinutes, readMinutes } from './buckets.ts'
import { doneWith, dueIn, frozenMs, frozenOf, keep, type FrozenDoc, type FrozenPart } from './frozen.ts'
import { placesOf, type Places } from './places.ts'
import { minuteMs, type Minute } from './points.ts'
import type { Readings } from './readings.ts'

/** The last minute after the report is on disk by then. */
const settledMinutes = 2
/** How far a clock looks back that owns its work anew. */
const catchUpMinutes = 6 * 60
const atOnce = 50

export class Completer {
  readonly #core: Pick<Core, 'views' | 'clock' | 'db' | 'logger'>
  readonly #readings: Readings
  readonly #hosted: HostedDesktops
  /** Minutes before this one are done, as far as this node knows. */
  #next: number | null = null

  constructor(core: Pick<Core, 'views' | 'clock' | 'db' | 'logger'>, readings: Readings, hosted: HostedDesktops) {
    this.#core = core
    this.#readings = readings
    this.#hosted = hosted
  }

  /** By the owner of the clock alone. */
  async tick(): Promise<void> {
    const to = Math.floor(this.#core.clock.now() / minuteMs) - settledMinutes
    const from = this.#next ?? to - catchUpMinutes
    if (from > to) return
    const tenants = [...this.#core.views.all(TenantDocs)].map(({ tenant }) => tenant)
    for (const due of await dueIn(this.#core.db, tenants, { from, to })) {
      for (let at = 0; at < due.items.length; at += atOnce) await this.#complete(due.items.slice(at, at + atOnce))
      await doneWith(this.#core.db, due._id)
    }
    this.#next = to + 1
  }

  async #complete(ids: readonly string[]): Promise<void> {
    const docs = await frozenOf(this.#core.db, ids)
    const open: { episode: Episode; places: Places }[] = []
    for (const id of ids) {
      if (docs.get(id)?.complete) continue
      const episode = await findEpisode(this.#core, id.slice(0, id.indexOf(':')), id)
      if (episode) open.push({ episode, places: placesOf(this.#core, episode) })
    }
    const minutes = await this.#minutesOf(open)
    const parts: { episode: Episode; set: FrozenPart }[] = []
    for (const { episode, places } of open)
      parts.push({ episode, set: await this.#partOf(episode, { places, doc: docs.get(episode.id), ...minutes }) })
    await keep(this.#core.db, parts)
  }

  /** Alarms of one host share what is read of it. */
  async #minutesOf(open: readonly { episode: Episode; places: Places }[]) {
    const [hosts, desktops] = [new Set<string>(), new Set<string>()]
    for (const { places } of open) {
      if (places.desktop !== null) desktops.add(places.desktop)
      if (places.host === null || hosts.has(places.host)) continue
      hosts.add(places.host)
      for (const id of this.#hosted.on(places.host).keys()) desktops.add(id)
    }
    const moments = open.map(({ episode }) => episode.raisedAt)
    const window = { from: Math.min(...moments) - frozenMs, to: Math.max(...moments) + frozenMs }
    if (open.length === 0) return { desktop: new Map<string, Minute[]>(), host: new Map<string, Minute[]>() }
    return {
      desktop: await readMinutes(this.#core.db, 'desktop', [...desktops], window),
      host: await readMinutes(this.#core.db, 'host', [...hosts], window),
    }
  }

  async #partOf(
    episode: Episode,
    {
      places,
      doc,
      desktop,
      host,
    }: { places: Places; doc: FrozenDoc | undefined; desktop: Map<string, Minute[]>; host: Map<string, Minute[]> },
  ): Promise<FrozenPart> {
    const within = ({ at }: Minute) => at > episode.raisedAt - frozenMs - minuteMs && at <= episode.raisedAt + frozenMs
    const own = {
      desktop: (desktop.get(places.desktop ?? '') ?? []).filter(within),
      host: (host.get(places.host ?? '') ?? []).filter(within),
    }
    return {
      complete: true,
      ...places,
      ...(own.desktop.length && { desktopMinutes: packMinutes('desktop', own.desktop) }),
      ...(own.host.length && { hostMinutes: packMinutes('host', own.host) }),
      ...(await this.#readings.judge(episode, doc, places, { desktop, host })),
    }
  }
}
