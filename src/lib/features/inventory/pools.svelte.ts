import * as z from 'zod/mini'
import { DesktopPools, type PoolRow } from '#contract/inventory'
import { Collection } from '../../sync/collection.svelte.ts'
import type { Connection } from '../../sync/connection.svelte.ts'

const Counts = z.record(z.string(), z.record(z.string(), z.number()))
const most = 10_000

/** The pools by name, with how many desktops each has and how they are. */
export class Pools {
  readonly #rows = new Collection<PoolRow>('desktop-pools', most)
  readonly list = $derived.by(() => (void this.#rows.painted, [...this.#rows.rows()].sort(byName)))
  readonly counts = $derived.by(() => Counts.safeParse(this.#rows.values['counts']).data ?? {})
  readonly whole = $derived.by(() => this.#rows.whole || this.#rows.large)

  follow(connection: Connection): () => void {
    return connection.follow(this.#rows)
  }

  countOf = (pool: PoolRow, key: string): number => this.counts[pool.name]?.[key] ?? 0
}

const byName = (a: PoolRow, b: PoolRow) => DesktopPools.orders['name']?.(a, b) ?? 0
