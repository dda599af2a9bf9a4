/** Resources of desktops and hosts over time: figures, their limits, and what an alarm's resource view is made of. */
import * as z from 'zod/mini'

/** In the order of the columns in which they are stored: new ones go to the end. */
export const desktopFigures = [
  'cpu',
  'memory',
  'disk',
  'gpu',
  'fps',
  'skipped',
  'rtt',
  'jitter',
  'loss',
  'bandwidth',
] as const
export type DesktopFigure = (typeof desktopFigures)[number]

export const hostFigures = ['cpu', 'memory', 'steal', 'pressure', 'desktops'] as const
export type HostFigure = (typeof hostFigures)[number]

/** Good while at most this; `least`: good while at least this. */
export interface Limit {
  value: number
  least?: true
}

/** THE table of limits: the charts draw them, the suspect is found by them, the alarm list marks by them. */
export const desktopLimits: Partial<Record<DesktopFigure, Limit>> = {
  fps: { value: 20, least: true },
  skipped: { value: 15 },
  cpu: { value: 90 },
  memory: { value: 90 },
  disk: { value: 90 },
  gpu: { value: 90 },
  rtt: { value: 100 },
  jitter: { value: 20 },
  loss: { value: 1 },
}
export const hostLimits: Partial<Record<HostFigure, Limit>> = {
  cpu: { value: 85 },
  memory: { value: 90 },
  steal: { value: 10 },
  pressure: { value: 20 },
}

export const isOver = (value: number, { value: limit, least }: Limit) => (least ? value < limit : value > limit)

/** Which way is worse, where the mean of a minute would hide it; null: the mean says enough. */
export const worseOf: Record<DesktopFigure | HostFigure, 'least' | 'most' | null> = {
  cpu: 'most',
  memory: null,
  disk: null,
  gpu: 'most',
  fps: 'least',
  skipped: 'most',
  rtt: 'most',
  jitter: 'most',
  loss: 'most',
  bandwidth: null,
  steal: 'most',
  pressure: 'most',
  desktops: null,
}

const percent = z.optional(z.number().check(z.minimum(0), z.maximum(100)))

/** What is known of a host at a moment; unknown is not zero. `steal`: % of CPU time its desktops waited for a core. */
export const HostReadings = z.strictObject({
  cpu: percent,
  memory: percent,
  steal: percent,
  /** % of time in which something waited for memory. */
  pressure: percent,
  desktops: z.optional(z.number().check(z.int(), z.minimum(0), z.maximum(100_000))),
})
export type HostReadings = z.infer<typeof HostReadings>

export const mostHostsPerSample = 500
/** `samples` of the namespace `/hosts`: one host about itself, or a platform about many. */
export const HostSamples = z.strictObject({
  /** Sender's clock, ms. */
  at: z.number().check(z.minimum(0), z.maximum(8.64e15)),
  hosts: z
    .array(z.extend(HostReadings, { host: z.string().check(z.minLength(1), z.maxLength(100)) }))
    .check(z.minLength(1), z.maxLength(mostHostsPerSample)),
})
export type HostSamples = z.infer<typeof HostSamples>

/** Last value `cpu:<node>` of the view of hosts: % by host name, as that node heard them. */
export interface HostCpu {
  at: number
  of: Record<string, number>
}

const values = z.array(z.nullable(z.number()))

/** Columns over time. Between `gaps` nothing is known: nobody may draw a line there. */
export const Series = z.object({
  at: z.array(z.number()),
  figures: z.record(z.string(), values),
  gaps: z.array(z.object({ from: z.number(), to: z.number() })),
  /** Usual time between two points, ms. */
  stepMs: z.number(),
  /** From single samples, from averages of a minute, or some of both. */
  from: z.enum(['samples', 'minutes', 'both', 'nothing']),
})
export type Series = z.infer<typeof Series>

export const parts = ['desktop', 'host', 'network'] as const
export const Part = z.enum(parts)
export type Part = z.infer<typeof Part>

export const suspects = ['client', 'network', 'desktop', 'host', 'unknown'] as const
export const Suspect = z.enum(suspects)
export type Suspect = z.infer<typeof Suspect>

/** One line of evidence; the words are the reader's language, the figures are here. */
export const Evidence = z.union([
  z.object({
    kind: z.enum(['figure']),
    part: Part,
    figure: z.string(),
    value: z.number(),
    limit: z.nullable(z.number()),
    over: z.boolean(),
    /** Since when it is over its limit; null: it is not, or it was already when the window begins. */
    since: z.nullable(z.number()),
    /** ms before the stutter began; negative: after. */
    lead: z.nullable(z.number()),
  }),
  z.object({ kind: z.enum(['moved']), at: z.number(), before: z.number(), after: z.number() }),
  z.object({ kind: z.enum(['peers']), stuttering: z.number(), of: z.number() }),
  z.object({ kind: z.enum(['missing']), part: Part }),
  z.object({ kind: z.enum(['skewed']) }),
])
export type Evidence = z.infer<typeof Evidence>

export const Verdict = z.object({ suspect: Suspect, rule: z.string(), evidence: z.array(Evidence) })
export type Verdict = z.infer<typeof Verdict>

/** Another desktop of the host that stuttered at the time; the worst first. */
export const Neighbour = z.object({
  id: z.string(),
  name: z.string(),
  fps: z.nullable(z.number()),
  skipped: z.nullable(z.number()),
  /** Frame rate by minute over the window. */
  minutes: values,
})
export type Neighbour = z.infer<typeof Neighbour>

const Subject = z.object({
  id: z.string(),
  name: z.string(),
  series: Series,
  /** The report's own figures, else the worst within 30 s of it. */
  atReport: z.record(z.string(), z.number()),
})

export const AlarmResources = z.object({
  alarm: z.string(),
  reportedAt: z.number(),
  from: z.number(),
  to: z.number(),
  /** The time after the report has passed and what was measured is kept. */
  complete: z.boolean(),
  skewed: z.boolean(),
  desktop: z.nullable(Subject),
  host: z.nullable(
    z.extend(Subject, { vcpus: z.nullable(z.number()), memoryGiB: z.nullable(z.number()), desktops: z.number() }),
  ),
  verdict: Verdict,
  neighbours: z.object({ items: z.array(Neighbour), stuttering: z.number(), of: z.number() }),
})
export type AlarmResources = z.infer<typeof AlarmResources>

export const aroundMinutes = [15, 60] as const
