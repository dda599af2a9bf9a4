/** P12: 200 consoles come back at once, as after a deploy; what the others and the alarms notice of it. */
import { must } from '../../server/core/must.ts'
import { post } from './installation.ts'
import { atMost, until, type Part } from './row.ts'
import { figureOf, micros } from './statistics.ts'
import type { Report } from './tally.ts'

const consoles = 200
const bystanders = 10

interface Reconnection {
  ms: number
  kinds: Record<string, number>
}

export const reconnect: Part = {
  id: 'P12',
  async rows({ installation, rounds, say }) {
    const { clients, house, target } = installation
    const cursor = await house.log.takePosition()
    await clients.ask('open', { group: 'consoles', kind: 'thin', count: consoles, ...target, cursor })
    await clients.ask('open', { group: 'bystanders', kind: 'thin', count: bystanders, ...target, cursor })
    const seen = { ms: [] as number[], cpu: [] as number[], alarm: [] as number[], bytes: [] as number[] }
    const comeBack = async () => {
      const before = await installation.server.program.usage()
      const back = await clients.ask<Reconnection>('reconnect', { group: 'consoles', delayMs: 300 })
      const after = await installation.server.program.usage()
      if (back.kinds['delta'] !== consoles)
        throw new Error(`not everybody came back with a delta: ${JSON.stringify(back.kinds)}`)
      seen.ms.push(back.ms)
      seen.cpu.push((after.cpuMs - before.cpuMs) / 1000)
    }
    for (let n = 0; n < rounds; n++) {
      // Counters of what was posted before follow within a second.
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      await clients.ask('reset', 'bystanders')
      await comeBack()
      seen.bytes.push((await clients.ask<Report>('report', 'bystanders')).frameBytes)
      await clients.ask('reset', 'bystanders')
      // Posted 20 ms after the first of them knocks.
      const posted = new Promise((resolve) => setTimeout(resolve, 320)).then(() =>
        post(installation, {
          type: 'black-screen',
          severity: 'critical',
          desktop: `back-desk-${n}`,
          readings: { sent: micros() },
        }),
      )
      await Promise.all([comeBack(), posted])
      const report = () => clients.ask<Report>('report', 'bystanders')
      if (!(await until(async () => (await report()).rows >= bystanders, 10_000)))
        throw new Error('the alarm did not arrive')
      seen.alarm.push((await report()).latency.most)
      say(
        `P12 ${must(seen.ms.at(-1), 'pushed').toFixed(0)} ms, ${must(seen.cpu.at(-1), 'pushed').toFixed(2)} CPU s, alarm meanwhile ${must(seen.alarm.at(-1), 'pushed').toFixed(0)} ms`,
      )
    }
    for (const group of ['consoles', 'bystanders']) await clients.ask('close', group)
    const seconds = figureOf(seen.ms.map((ms) => ms / 1000))
    const cpu = figureOf(seen.cpu)
    const alarm = figureOf(seen.alarm)
    const bytes = figureOf(seen.bytes)
    return [
      {
        id: 'P12',
        what: `${consoles} consoles reconnect at once, all answered with a delta`,
        figure: seconds,
        unit: 's',
        promise: '≤ 5 s',
        kept: atMost(seconds, 5),
      },
      { id: 'P12', what: 'server CPU', figure: cpu, unit: 's', promise: '≤ 2 s', kept: atMost(cpu, 2) },
      {
        id: 'P12',
        what: 'an alarm posted meanwhile, last of 10 others',
        figure: alarm,
        unit: 'ms',
        promise: '< 500 ms',
        kept: alarm.median < 500,
      },
      {
        id: 'P12',
        what: 'frames to those who did not reconnect',
        figure: bytes,
        unit: 'bytes',
        promise: '0',
        kept: bytes.most === 0,
      },
    ]
  },
}
