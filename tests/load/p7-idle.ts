/** P7: what consoles cost that only look on, on a server that was just started. */
import type { Usage } from './probe.ts'
import { atMost, type Part } from './row.ts'
import { figureOf } from './statistics.ts'

const idle = 50
const crowd = 500
const watchedMs = 4_000

export const idleConsoles: Part = {
  id: 'P7',
  async rows({ installation, rounds, say }) {
    await installation.restart()
    const { clients, house, target } = installation
    const { program } = installation.server
    const open = async (group: string, count: number) =>
      clients.ask('open', { group, kind: 'stock', count, ...target, cursor: await house.log.takePosition() })
    await open('idle', idle)
    const shares: number[] = []
    for (let n = 0; n < rounds; n++) {
      const before = await program.usage()
      const began = performance.now()
      await new Promise((resolve) => setTimeout(resolve, watchedMs))
      const after = await program.usage()
      shares.push(((after.cpuMs - before.cpuMs) / (performance.now() - began)) * 100)
    }
    const sizes: number[] = []
    for (let n = 0; n < Math.min(rounds, 3); n++) {
      const before = await settled()
      await open('crowd', crowd)
      const after = await settled()
      // Pages that the start left free hide clients from the resident size: the greater of both counts.
      sizes.push(Math.max(after.rssKb - before.rssKb, after.usedKb - before.usedKb) / crowd)
      await clients.ask('close', 'crowd')
      say(`P7 ${sizes.at(-1)?.toFixed(1)} KB a client`)
    }
    await clients.ask('close', 'idle')
    const share = figureOf(shares)
    // Later rounds reuse what the first one has made the process take: the first counts.
    const size = figureOf(sizes.slice(0, 1))
    return [
      {
        id: 'P7',
        what: `${idle} idle consoles`,
        figure: share,
        unit: '% of a core',
        promise: '< 2 %',
        kept: share.median < 2,
      },
      {
        id: 'P7',
        what: `memory of the server with ${crowd} more clients`,
        figure: size,
        unit: 'KB a client',
        promise: '≤ 45 KB',
        kept: atMost(size, 45),
      },
    ]

    async function settled(): Promise<Usage> {
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      await program.ask('collect')
      return program.usage()
    }
  },
}
