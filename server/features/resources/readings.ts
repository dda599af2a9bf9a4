/** Reads what is known of desktops and hosts: of this node's memory, of the disk, of what is kept with an alarm. */
import type { Core } from '../../core/core.ts'
import { hostOf, placeOf, type HostedDesktops } from '../inventory/service.ts'
import type { Episode } from '../alarms/service.ts'
import { readMinutes } from './buckets.ts'
import { desktopFigures, type AlarmResources } from './contract.ts'
import { frozenMs, frozenOf, keptOf, type FrozenDoc } from './frozen.ts'
import { neighboursOf } from './neighbours.ts'
import { placesOf, type Places } from './places.ts'
import { minuteMs, minutesOf, type Minute, type Subject } from './points.ts'
import type { Samples } from './samples.ts'
import { atMoment, seriesOf, spotsOf, type Known, type Spot, type Window } from './series.ts'
import { suspectOf } from './suspect.ts'

/** More points than a chart has pixels are of no use. */
const mostPoints = 1_900
const columnsOfDesktop: ReadonlySet<string> = new Set(desktopFigures)

export class Readings {
  readonly #core: Pick<Core, 'views' | 'clock' | 'db'>
  readonly #samples: Samples
  readonly #hosted: HostedDesktops

  constructor(core: Pick<Core, 'views' | 'clock' | 'db'>, samples: Samples, hosted: HostedDesktops) {
    this.#core = core
    this.#samples = samples
    this.#hosted = hosted
  }

  /** This node's memory and the minutes of the disk. */
  async known(subject: Subject, id: string, window: Window): Promise<Known> {
    const minutes = await readMinutes(this.#core.db, subject, [id], window)
    return { samples: this.#samples.rings[subject].within(id, window.from, window.to), minutes: minutes.get(id) ?? [] }
  }

  async series(subject: Subject, id: string, window: Window, stepMs: number) {
    const spots = spotsOf(await this.known(subject, id, window), window)
    const least = Math.ceil((window.to - window.from) / mostPoints / 1000) * 1000
    return seriesOf(subject, spots, this.#past(window), Math.max(stepMs, least))
  }

  /** What is to come is no gap. */
  #past({ from, to }: Window): Window {
    return { from, to: Math.min(to, this.#core.clock.now()) }
  }

  async ofAlarm(episode: Episode, aroundMs: number): Promise<AlarmResources> {
    const doc = (await frozenOf(this.#core.db, [episode.id])).get(episode.id)
    const places = doc?.complete
      ? { desktop: doc.desktop ?? null, host: doc.host ?? null }
      : placesOf(this.#core, episode)
    const window = { from: episode.raisedAt - aroundMs, to: episode.raisedAt + aroundMs }
    const spots = {
      desktop: await this.#spots('desktop', places, { doc, window, wide: aroundMs > frozenMs }),
      host: await this.#spots('host', places, { doc, window, wide: aroundMs > frozenMs }),
    }
    const judged = doc?.verdict && doc.neighbours ? { verdict: doc.verdict, neighbours: doc.neighbours } : null
    return this.#assembled(episode, {
      doc,
      places,
      window,
      spots,
      judged: judged ?? (await this.judge(episode, doc, places)),
    })
  }

  async #spots(
    subject: Subject,
    places: Places,
    { doc, window, wide }: { doc: FrozenDoc | undefined; window: Window; wide: boolean },
  ): Promise<Spot[] | null> {
    const id = places[subject]
    if (id === null) return null
    const kept = keptOf(subject, doc)
    if (doc?.complete && !wide) return spotsOf(kept, window)
    return spotsOf(joined(kept, await this.known(subject, id, window)), window)
  }

  #assembled(
    episode: Episode,
    {
      doc,
      places,
      window,
      spots,
      judged,
    }: {
      doc: FrozenDoc | undefined
      places: Places
      window: Window
      spots: Record<Subject, Spot[] | null>
      judged: Pick<AlarmResources, 'verdict' | 'neighbours'>
    },
  ): AlarmResources {
    const { raisedAt } = episode
    const step = Math.ceil((window.to - window.from) / mostPoints / 1000) * 1000
    const subject = (kind: Subject, readings: Record<string, number>) => {
      const [id, known] = [places[kind], spots[kind]]
      if (id === null || known === null) return null
      const atReport = { ...atMoment(kind, known, raisedAt), ...readings }
      return { id, series: seriesOf(kind, known, this.#past(window), step), atReport }
    }
    const desktop = subject('desktop', reported(doc?.readings ?? episode.readings))
    const host = subject('host', {})
    const facts = host && hostOf(this.#core, episode.tenant, nameOf(host.id))
    return {
      alarm: episode.alarm,
      reportedAt: raisedAt,
      ...window,
      complete: doc?.complete ?? false,
      skewed: doc?.skewed ?? episode.skewed,
      desktop: desktop && {
        ...desktop,
        name: placeOf(this.#core, desktop.id)?.desktop ?? episode.desktop ?? nameOf(desktop.id),
      },
      host: host && {
        ...host,
        name: facts?.name ?? episode.host ?? nameOf(host.id),
        vcpus: facts?.vcpus ?? null,
        memoryGiB: facts?.memoryGiB ?? null,
        desktops: this.#hosted.on(host.id).size,
      },
      ...judged,
    }
  }

  /** Neighbours and suspect; `shared` saves reading the desktops of a host once per alarm. */
  async judge(
    episode: Episode,
    doc: FrozenDoc | undefined,
    places: Places,
    shared?: { desktop: ReadonlyMap<string, readonly Minute[]>; host: ReadonlyMap<string, readonly Minute[]> },
  ): Promise<Pick<AlarmResources, 'verdict' | 'neighbours'>> {
    const { raisedAt } = episode
    const window = { from: raisedAt - frozenMs, to: raisedAt + frozenMs }
    const onHost = places.host === null ? [] : [...this.#hosted.on(places.host).keys()]
    const minutes = shared ?? {
      desktop: await this.minutes('desktop', places.desktop === null ? onHost : [...onHost, places.desktop], window),
      host: await this.minutes('host', places.host === null ? [] : [places.host], window),
    }
    const neighbours = neighboursOf(this.#core, minutes.desktop, { desktop: places.desktop, onHost, raisedAt })
    const measured = (subject: Subject, readings: Record<string, number>) => {
      const id = places[subject]
      if (id === null) return null
      const own = {
        samples: this.#samples.rings[subject].within(id, window.from, window.to),
        minutes: minutes[subject].get(id) ?? [],
      }
      const spots = spotsOf(joined(keptOf(subject, doc), own), window)
      return { spots, atReport: { ...atMoment(subject, spots, raisedAt), ...readings } }
    }
    const verdict = suspectOf({
      reportedAt: raisedAt,
      desktop: measured('desktop', reported(doc?.readings ?? episode.readings)),
      host: measured('host', {}),
      peers: { stuttering: neighbours.stuttering, of: neighbours.of },
      skewed: doc?.skewed ?? episode.skewed,
    })
    return { verdict, neighbours }
  }

  /** From disk, and of the last minutes from this node's memory. */
  async minutes(subject: Subject, ids: readonly string[], window: Window): Promise<Map<string, Minute[]>> {
    const found = await readMinutes(this.#core.db, subject, ids, window)
    for (const id of ids) {
      const stored = found.get(id) ?? []
      const since = (stored.at(-1)?.at ?? window.from - minuteMs) + minuteMs
      const fresh = minutesOf(subject, this.#samples.rings[subject].within(id, Math.max(since, window.from), window.to))
      if (fresh.length) found.set(id, [...stored, ...fresh])
    }
    return found
  }
}

const joined = (a: Known, b: Known): Known => {
  const held = new Set(a.samples.map(({ at }) => at))
  return {
    samples: [...a.samples, ...b.samples.filter(({ at }) => !held.has(at))].sort((x, y) => x.at - y.at),
    minutes: a.minutes.length ? [...a.minutes, ...outside(b.minutes, a.minutes)] : b.minutes,
  }
}
const outside = (minutes: readonly Minute[], known: readonly Minute[]) => {
  const held = new Set(known.map(({ at }) => at))
  return minutes.filter(({ at }) => !held.has(at))
}

/** The report's own figures count where they are figures of the desktop. */
function reported(readings: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(readings).filter(([name]) => columnsOfDesktop.has(name)))
}

const nameOf = (id: string) => id.slice(id.indexOf(':') + 1)
