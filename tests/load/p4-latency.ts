/** P4: how late one change in an idle room is, beside raw `ws`, and on another node beside the own one. */
import { must } from '../../server/core/must.ts'
import { closeGroups, openGroups, slice } from './groups.ts'
import { Injection } from './injection.ts'
import { post, type Installation } from './installation.ts'
import { startDeskwatch } from './programs.ts'
import { atMost, type Part, type Round, type Row } from './row.ts'
import { figureOf, micros, randomFrom } from './statistics.ts'
import type { Report } from './tally.ts'

const clients = 20
const systems = ['raw-ws', 'deskwatch'] as const

export const latency: Part = {
  id: 'P4',
  rows: async (round) => [...(await besideRaw(round)), ...(await acrossNodes(round))],
}

async function besideRaw({ installation, rounds, say }: Round): Promise<Row[]> {
  await openGroups(
    installation,
    systems,
    { deskwatch: 'thin', 'raw-ws': 'thin-raw', 'plain-socket-io': 'plain' },
    clients,
  )
  const injection = new Injection(installation, 'idle', 50)
  const random = randomFrom(4)
  const pace = { everyMs: 60, forMs: 4_000, expected: clients, jitter: () => random() - 0.5 }
  const ratios = { p50: [] as number[], p99: [] as number[] }
  const own = { p50: [] as number[], p99: [] as number[] }
  for (let n = 0; n < rounds; n++) {
    const raw = (await slice(installation, injection, 'raw-ws', pace)).latency
    const ours = (await slice(installation, injection, 'deskwatch', pace)).latency
    for (const at of ['p50', 'p99'] as const) {
      ratios[at].push(ours[at] / raw[at])
      own[at].push(ours[at])
    }
    say(
      `P4 p50 ${ours.p50.toFixed(2)} ms (raw ${raw.p50.toFixed(2)}), p99 ${ours.p99.toFixed(2)} ms (raw ${raw.p99.toFixed(2)})`,
    )
  }
  await injection.clear()
  await closeGroups(installation, systems)
  const p50 = figureOf(ratios.p50)
  const p99 = figureOf(ratios.p99)
  return [
    {
      id: 'P4',
      what: 'idle room, change to row received, p50',
      figure: p50,
      unit: '× raw ws',
      promise: '≤ 1.2 ×',
      kept: atMost(p50, 1.2),
    },
    { id: 'P4', what: 'the same, p99', figure: p99, unit: '× raw ws', promise: '≤ 1.5 ×', kept: atMost(p99, 1.5) },
    { id: 'P4', what: 'the same, Deskwatch p50', figure: figureOf(own.p50), unit: 'ms', promise: '', kept: null },
    { id: 'P4', what: 'the same, Deskwatch p99', figure: figureOf(own.p99), unit: 'ms', promise: '', kept: null },
  ]
}

/** Alarms are posted to one node; consoles of both see them. */
async function acrossNodes({ installation, rounds, say }: Round): Promise<Row[]> {
  const other = await startDeskwatch(installation.env)
  try {
    const near = await openGroup(installation, 'near', installation.server.url)
    const far = await openGroup(installation, 'far', other.url)
    const ratios: number[] = []
    let inversions = 0
    for (let n = 0; n < rounds; n++) {
      for (const group of [near, far]) await installation.clients.ask('reset', group)
      for (let i = 0; i < 25; i++) {
        await post(installation, {
          type: 'stutter',
          severity: 'low',
          desktop: `node-desk-${i}`,
          readings: { sent: micros() },
        })
        await new Promise((resolve) => setTimeout(resolve, 60))
      }
      const [here, there] = await Promise.all(
        [near, far].map((group) => installation.clients.ask<Report>('report', group)),
      )
      const [local, remote] = [must(here, 'two groups'), must(there, 'two groups')]
      if (remote.rows === 0 || local.rows === 0) throw new Error('no row arrived')
      ratios.push(remote.latency.p50 / local.latency.p50)
      inversions += local.inversions + remote.inversions
      say(
        `P4 posted here: p50 ${local.latency.p50.toFixed(1)} ms here, ${remote.latency.p50.toFixed(1)} ms on the other node`,
      )
    }
    for (const group of [near, far]) await installation.clients.ask('close', group)
    const figure = figureOf(ratios)
    const wrong = figureOf([inversions])
    return [
      {
        id: 'P4',
        what: 'alarm posted to one node, seen on another, p50',
        figure,
        unit: '× seen on its own',
        promise: '≤ 1.3 ×',
        kept: atMost(figure, 1.3),
      },
      { id: 'P4', what: 'inversions', figure: wrong, unit: 'rows', promise: '0', kept: inversions === 0 },
    ]
  } finally {
    await other.program.stop()
  }
}

async function openGroup(installation: Installation, group: string, url: string): Promise<string> {
  const { cookie } = installation.target
  const cursor = await installation.house.log.takePosition()
  await installation.clients.ask('open', { group, kind: 'thin', count: clients, url, cookie, cursor })
  return group
}
