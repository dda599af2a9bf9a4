/**
 * Host figures from a Prometheus, where the installation names one for a tenant: range queries, so that what was missed
 * is filled in. Only addresses of that file are ever asked, and no redirect leads elsewhere.
 */
import { readFileSync } from 'node:fs'
import * as z from 'zod/mini'
import type { Core } from '../../core/core.ts'
import { hostOf } from '../inventory/service.ts'
import { hostFigures, HostReadings, type HostFigure } from './contract.ts'
import { minuteMs } from './points.ts'
import type { Samples } from './samples.ts'

/** Node exporter's names; `instance` is the host's name, its port left off. */
const usualQueries: Partial<Record<HostFigure, string>> = {
  cpu: '100 - 100 * avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[1m]))',
  memory: '100 - 100 * node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes',
  steal: '100 * avg by (instance) (rate(node_cpu_seconds_total{mode="steal"}[1m]))',
  pressure: '100 * rate(node_pressure_memory_waiting_seconds_total[1m])',
}

const query = z.string().check(z.minLength(1), z.maxLength(2_000))
const Source = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  /** Sent as a bearer token. */
  token: z.optional(z.string().check(z.minLength(1), z.maxLength(4_000))),
  /** Label with the name of the host. */
  label: z._default(z.string().check(z.regex(/^[a-zA-Z_]\w*$/)), 'instance'),
  queries: z._default(z.partialRecord(z.enum(hostFigures), query), usualQueries),
})
export type Source = z.infer<typeof Source>
const File = z.record(z.string().check(z.regex(/^[a-z][a-z0-9-]{1,30}$/)), Source)

/** Throws when the file is not usable: an installation should not start half configured. */
export function readSources(path: string | undefined): [tenant: string, Source][] {
  if (path === undefined) return []
  const parsed = File.safeParse(JSON.parse(readFileSync(path, 'utf8')))
  if (!parsed.success) throw new Error(`HOST_METRICS_FILE is not usable: ${z.prettifyError(parsed.error)}`)
  return Object.entries(parsed.data)
}

const Answer = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])),
      }),
    ),
  }),
})

export const askEveryMs = 15_000
const backMs = 15 * minuteMs
const withinMs = 5_000
const mostBytes = 16 * 1024 * 1024

export class HostMetrics {
  readonly #core: Pick<Core, 'views' | 'clock' | 'logger'>
  readonly #samples: Pick<Samples, 'host'>
  readonly #sources: readonly [tenant: string, Source][]
  #askedTo = new Map<string, number>()

  constructor(
    core: Pick<Core, 'views' | 'clock' | 'logger'>,
    samples: Pick<Samples, 'host'>,
    sources: readonly [tenant: string, Source][],
  ) {
    this.#core = core
    this.#samples = samples
    this.#sources = sources
  }

  /** By the owner of the clock alone. One source that fails costs the others nothing. */
  async tick(): Promise<void> {
    await Promise.all(
      this.#sources.map(([tenant, source]) =>
        this.#ask(tenant, source).catch((error: unknown) => {
          this.#core.logger.warn({ err: error, tenant, url: source.url }, 'host metrics could not be read')
        }),
      ),
    )
  }

  async #ask(tenant: string, source: Source): Promise<void> {
    const to = this.#core.clock.now()
    const from = Math.max(this.#askedTo.get(tenant) ?? 0, to - backMs)
    const byHost = new Map<string, Map<number, HostReadings>>()
    for (const figure of hostFigures) {
      const query = source.queries[figure]
      if (query === undefined) continue
      for (const { name, at, value } of await ask(source, query, { from, to })) {
        const moments = byHost.get(name) ?? new Map<number, HostReadings>()
        byHost.set(name, moments.set(at, { ...moments.get(at), [figure]: value }))
      }
    }
    for (const [name, moments] of byHost) this.#take(tenant, name, moments)
    this.#askedTo.set(tenant, to)
  }

  #take(tenant: string, name: string, moments: Map<number, HostReadings>): void {
    const facts = hostOf(this.#core, tenant, name)
    if (!facts) return
    for (const [at, found] of [...moments].sort(([a], [b]) => a - b)) {
      const readings = HostReadings.safeParse(found)
      if (readings.success) this.#samples.host(tenant, facts.id, { at, readings: readings.data, sentAt: at })
    }
  }
}

interface Measured {
  name: string
  at: number
  value: number
}

async function ask(source: Source, query: string, { from, to }: { from: number; to: number }): Promise<Measured[]> {
  const url = new URL(`${source.url.replace(/\/$/, '')}/api/v1/query_range`)
  url.search = new URLSearchParams({
    query,
    start: String(from / 1000),
    end: String(to / 1000),
    step: String(askEveryMs / 1000),
  }).toString()
  const answer = await fetch(url, {
    redirect: 'error',
    signal: AbortSignal.timeout(withinMs),
    headers: source.token === undefined ? {} : { authorization: `Bearer ${source.token}` },
  })
  if (!answer.ok) throw new Error(`${answer.status} of ${url.host}`)
  const { data } = Answer.parse(JSON.parse(await textOf(answer)))
  return data.result.flatMap(({ metric, values }) => {
    const name = (metric[source.label] ?? '').replace(/:\d+$/, '')
    return values.flatMap(([seconds, text]): Measured[] => {
      const value = Math.min(Math.max(Number(text), 0), mostValue)
      return name === '' || Number.isNaN(value) ? [] : [{ name, at: Math.round(seconds * 1000), value: tidy(value) }]
    })
  })
}

const mostValue = 100_000
/** A percentage may be a hair beyond its bounds. */
const tidy = (value: number) => (value > 100 && value < 101 ? 100 : Math.round(value * 100) / 100)

async function textOf(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of answer.body ?? []) {
    size += chunk.length
    if (size > mostBytes) throw new Error('the answer is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
