import { expect, test } from 'vitest'
import type { Evidence } from './contract.ts'
import { desktopFigures, hostFigures } from './contract.ts'
import type { Minute, Point } from './points.ts'
import { atMoment, gapsOf, seriesOf, spotsOf, type Spot } from './series.ts'
import { suspectOf, type Case } from './suspect.ts'

const report = 1_790_000_000_000
const second = 1_000
const minute = 60 * second
const window = { from: report - 15 * minute, to: report + 15 * minute }

type Figures = Partial<Record<string, number>>
/** A sample each 10 s over the window; `after` replaces `calm` from `since` on. */
function spots(figures: readonly string[], calm: Figures, after: Figures = {}, since = report): Spot[] {
  const samples: Point[] = []
  for (let at = window.from; at <= window.to; at += 10 * second) {
    const now = at >= since ? { ...calm, ...after } : calm
    samples.push({ at, values: figures.map((figure) => now[figure] ?? null) })
  }
  return spotsOf({ samples, minutes: [] }, window)
}
const calmDesktop = { cpu: 38, memory: 62, disk: 50, fps: 30, skipped: 1, rtt: 46, jitter: 6, loss: 0.1 }
const calmHost = { cpu: 60, memory: 50, steal: 1, pressure: 2, desktops: 34 }

function measured(subject: 'desktop' | 'host', all: Spot[]) {
  return { spots: all, atReport: atMoment(subject, all, report) }
}
const desktop = (after: Figures = { fps: 9, skipped: 41 }, since = report, calm: Figures = calmDesktop) =>
  measured('desktop', spots(desktopFigures, calm, after, since))
const host = (after: Figures = {}, since = report, calm: Figures = calmHost) =>
  measured('host', spots(hostFigures, calm, after, since))
const verdict = (the: Partial<Case>) =>
  suspectOf({
    reportedAt: report,
    desktop: desktop(),
    host: host(),
    peers: { stuttering: 0, of: 41 },
    skewed: false,
    ...the,
  })
const figure = (evidence: Evidence[], part: string, name: string) =>
  evidence.find((line) => line.kind === 'figure' && line.part === part && line.figure === name)

test('a host that is over its limit while three of its desktops stutter is the suspect, with its lead told', () => {
  const { suspect, rule, evidence } = verdict({
    host: host({ cpu: 94, steal: 31, desktops: 41 }, report - 80 * second),
    peers: { stuttering: 4, of: 41 },
  })
  expect({ suspect, rule }).toEqual({ suspect: 'host', rule: 'host.cpu-steal+peers≥3' })
  expect(figure(evidence, 'host', 'steal')).toMatchObject({ value: 31, limit: 10, over: true, lead: 80 * second })
  expect(evidence).toContainEqual({ kind: 'moved', at: report - 80 * second, before: 34, after: 41 })
  expect(evidence).toContainEqual({ kind: 'peers', stuttering: 4, of: 41 })
  expect(figure(evidence, 'network', 'rtt')).toMatchObject({ over: false })
  expect(figure(evidence, 'desktop', 'cpu')).toMatchObject({ value: 38, over: false })
})

test.each([
  ['network', 'network.loss', { desktop: desktop({ fps: 9, loss: 4 }) }],
  ['network', 'network.rtt', { desktop: desktop({ fps: 9, rtt: 400 }) }],
  ['desktop', 'desktop.cpu', { desktop: desktop({ fps: 9, cpu: 99 }) }],
  ['desktop', 'desktop.gpu', { desktop: desktop({ fps: 9, gpu: 99 }) }],
  ['host', 'host.memory-pressure', { host: host({ pressure: 40 }) }],
  ['host', 'host.peers≥3', { peers: { stuttering: 3, of: 24 } }],
  ['client', 'client.all-else-fine', {}],
] as const)('%s is the suspect by %s', (suspect, rule, the) => {
  expect(verdict(the)).toMatchObject({ suspect, rule })
})

test('of two that are over, who was over first is the suspect', () => {
  const early = report - 5 * minute
  expect(verdict({ desktop: desktop({ fps: 9, cpu: 99 }), host: host({ steal: 30 }, early) })).toMatchObject({
    suspect: 'host',
    rule: 'host.cpu-steal+first',
  })
  expect(verdict({ desktop: desktop({ fps: 9, rtt: 300 }, early), host: host({ steal: 30 }) })).toMatchObject({
    suspect: 'network',
    rule: 'network.rtt+first',
  })
})

test('what was over before the window begins was first, and no time is made up for it', () => {
  const { rule, evidence } = verdict({
    host: host({}, report, { ...calmHost, steal: 30 }),
    desktop: desktop({ fps: 9, cpu: 99 }),
  })
  expect(rule).toBe('host.cpu-steal+first')
  expect(figure(evidence, 'host', 'steal')).toMatchObject({ over: true, since: null, lead: null })
})

test('without samples nobody is suspected', () => {
  expect(verdict({ desktop: { spots: [], atReport: { fps: 9 } } })).toMatchObject({
    suspect: 'unknown',
    rule: 'no-samples',
  })
  expect(verdict({ desktop: null, host: null })).toMatchObject({ suspect: 'unknown', rule: 'no-samples' })
})

test('what is not measured is not taken for fine', () => {
  const { suspect, rule, evidence } = verdict({ host: { spots: [], atReport: {} } })
  expect({ suspect, rule }).toEqual({ suspect: 'unknown', rule: 'host-not-measured' })
  expect(evidence).toContainEqual({ kind: 'missing', part: 'host' })
  const { rtt: _rtt, jitter: _jitter, loss: _loss, ...noNetwork } = calmDesktop
  expect(verdict({ desktop: desktop({ fps: 9 }, report, noNetwork) })).toMatchObject({ rule: 'network-not-measured' })
})

test('where nothing was over a limit it says so; a report that contradicts its samples still counts', () => {
  const calm = desktop({})
  expect(verdict({ desktop: calm })).toMatchObject({ suspect: 'unknown', rule: 'nothing-over-a-limit' })
  expect(verdict({ desktop: { ...calm, atReport: { ...calm.atReport, rtt: 400 } } })).toMatchObject({
    rule: 'network.rtt',
  })
})

test('an alarm of a host alone is judged by the host', () => {
  expect(verdict({ desktop: null, host: host({ cpu: 99 }) })).toMatchObject({ suspect: 'host', rule: 'host.cpu' })
})

test('a wrong clock is the first thing that is said', () => {
  expect(verdict({ skewed: true }).evidence[0]).toEqual({ kind: 'skewed' })
})

test('gaps are gaps: between samples, at both ends, and where there is nothing at all', () => {
  const at = (from: number, to: number): Point[] =>
    Array.from({ length: (to - from) / second + 1 }, (_, n) => ({ at: from + n * second, values: [n] }))
  const samples = [...at(report - 60 * second, report), ...at(report + 20 * second, report + 30 * second)]
  const gaps = gapsOf(spotsOf({ samples, minutes: [] }, window), window)
  expect(gaps).toEqual([
    { from: window.from, to: report - 60 * second },
    { from: report, to: report + 20 * second },
    { from: report + 30 * second, to: window.to },
  ])
  expect(gapsOf([], window)).toEqual([window])
})

test('minutes fill in only where no single sample is left, and thinning takes means', () => {
  const start = report - (report % minute)
  const row = (n: number, cpu: number): Minute => ({ at: start + n * minute, values: [cpu], worst: [cpu + 5] })
  const samples = Array.from({ length: 60 }, (_, n): Point => ({
    at: start + minute + n * second,
    values: [10 + (n % 2)],
  }))
  const all = spotsOf(
    { samples, minutes: [row(0, 50), row(1, 99), row(2, 70)] },
    { from: start, to: start + 3 * minute },
  )
  expect(all).toHaveLength(62)
  expect(all[0]).toMatchObject({ at: start + minute / 2, values: [50], worst: [55] })
  expect(all.at(-1)).toMatchObject({ values: [70] })
  const series = seriesOf('desktop', all, { from: start, to: start + 3 * minute }, 10 * second)
  expect(series).toMatchObject({ from: 'both', gaps: [] })
  expect(series.at).toHaveLength(8)
  expect(series.figures['cpu']?.slice(1, 3)).toEqual([10.5, 10.5])
  expect(series.figures['rtt']?.[0]).toBeNull()
})
