import * as z from 'zod/mini'
import { Series, type AlarmResources } from '#contract/resources'
import type { Connection } from '../../sync/connection.svelte.ts'
import { get } from '../../sync/send.ts'
import { WindowFeed } from '../../sync/window-feed.svelte.ts'

const Told = z.record(z.string(), z.number())
const keptMs = 75_000

type Subject = 'desktop' | 'host'
export type Figures = Record<string, number | undefined> & { at: number }

/** The last minute as it comes over the live stream, while this page is looked at. */
export class LiveSamples {
  points = $state.raw<Record<Subject, readonly Figures[]>>({ desktop: [], host: [] })

  take(subject: Subject, values: Readonly<Record<string, unknown>>, id: string): void {
    const told = Told.safeParse(values[`sample:${id}`])
    const { at } = told.data ?? {}
    const known = this.points[subject]
    if (at === undefined || (known.at(-1)?.at ?? 0) >= at) return
    const recent = known.filter((point) => point.at > at - keptMs)
    this.points = { ...this.points, [subject]: [...recent, { ...told.data, at }] }
  }

  /** What came before the page was opened; without it the lane fills as it goes. */
  async begin(subject: Subject, id: string, now: number): Promise<void> {
    const path = `/api/v1/${subject}s/${encodeURIComponent(id)}/samples?from=${Math.round(now - keptMs)}`
    const before = await get(path, Series).catch(() => null)
    if (!before || before.from !== 'samples') return
    const first = this.points[subject][0]?.at ?? Infinity
    const points = before.at.flatMap((at, index): Figures[] => {
      if (at >= first) return []
      const known = Object.entries(before.figures).flatMap(([figure, values]) => {
        const value = values[index] ?? null
        return value === null ? [] : [[figure, value] as const]
      })
      return [{ ...Object.fromEntries(known), at }]
    })
    this.points = { ...this.points, [subject]: [...points, ...this.points[subject]] }
  }

  clear(): void {
    this.points = { desktop: [], host: [] }
  }
}

/** Follows the rooms of desktop and host for their last values; call within an effect. */
export function feedsOf({ desktop, host }: Pick<AlarmResources, 'desktop' | 'host'>) {
  const feed = (view: string, name: string) =>
    new WindowFeed<unknown>(view, { filter: { text: name }, sort: 'name', from: 0, count: 1 })
  return {
    desktop: desktop && { id: desktop.id, feed: feed('desktops', desktop.name) },
    host: host && { id: host.id, feed: feed('hosts', host.name) },
  }
}
export type Feeds = ReturnType<typeof feedsOf>

export function followAll(connection: Connection, feeds: Feeds): () => void {
  const stops = [feeds.desktop, feeds.host].flatMap((each) => (each ? [connection.follow(each.feed)] : []))
  return () => {
    for (const stop of stops) stop()
  }
}
