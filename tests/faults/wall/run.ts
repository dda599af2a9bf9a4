/**
 * A wall in a real browser under a storm, for minutes or hours, with a killed server and a deploy in the middle: does it
 * grow, does it come back, does it ever say LIVE when it is not?
 */
import { once } from 'node:events'
import { loadavg } from 'node:os'
import { must } from '../../../server/core/must.ts'
import { openBrowser } from '../../support/browser.ts'
import { Client } from '../../support/client.ts'
import { until } from '../../support/until.ts'
import { WallScreen, type Shown } from '../../support/wall.ts'
import { Installation, killed, type Node } from '../kills/installation.ts'
import { password, preload } from '../kills/preload.ts'
import { slopes, spread, type Weighed } from './figures.ts'
import { numberOf, Storm } from './storm.ts'

const promisedMs = 5_000
/** The badge is drawn ten times a second. */
const drawnMs = 200
const lookEveryMs = 500
const weighEveryMs = 15_000

export async function wallRun(minutes: number, say: (line: string) => void): Promise<boolean> {
  const made = await Installation.stores({ settings: { BUILD: 'first' } })
  const browser = await openBrowser()
  try {
    return await new WallRun(made, minutes, say).run(browser)
  } finally {
    await browser.close()
    await made.end()
  }
}

class WallRun {
  readonly #made: Installation
  readonly #minutes: number
  readonly #say: (line: string) => void
  readonly #began = performance.now()
  #downAt: number | null = null
  #documents = new Set<number>()
  #weights: Weighed[] = []
  #lies: string[] = []
  #looks = { all: 0, live: 0, blank: 0 }

  constructor(made: Installation, minutes: number, say: (line: string) => void) {
    this.#made = made
    this.#minutes = minutes
    this.#say = say
  }

  async run(browser: Awaited<ReturnType<typeof openBrowser>>): Promise<boolean> {
    const { token } = await preload(this.#made, 200)
    const node = await this.#made.addNode()
    const admin = await Client.signedIn(node.url, 'admin@acme', password)
    const storm = new Storm(Client.withToken(node.url, token), operatorOf(node.url))
    const screen = await WallScreen.open(browser, admin, 'soak', { language: 'en', seconds: 10 })
    await until('the wall is live', screen.isLive, 60)
    await until('what stands before the storm is taken', () => storm.prepare(), 60)
    storm.start()
    await until('the storm is on the wall', async () => numbersOn(await screen.look()) > 0, 60)
    const watch = [every(lookEveryMs, () => this.#look(screen, storm)), every(weighEveryMs, () => this.#weigh(screen))]
    const reached = (share: number) => until(`${share}`, () => this.#elapsed() >= share * this.#minutes, 36_000)
    // Before the weighing begins: a deploy loads the page anew, and one document has to be weighed for long.
    await reached(0.1)
    this.#made.set({ BUILD: 'second' })
    const afterDeploy = await this.#strike(node, screen, () => ended(node))
    await reached(0.5)
    const afterKill = await this.#strike(node, screen, () => killed(node.child))
    await reached(1)
    for (const stop of watch) await stop()
    storm.stop()
    return this.#judge({ afterKill, afterDeploy, sent: storm.sent, refused: storm.refused, errors: screen.errors })
  }

  /** Seconds from the moment the server serves again until the wall says LIVE. */
  async #strike(node: Node, screen: WallScreen, strike: () => Promise<void>): Promise<number> {
    await strike()
    this.#downAt = performance.now()
    // Long enough to be seen: it has to say so meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 2 * promisedMs))
    const seen = await screen.look()
    if (seen?.life === 'live') this.#lies.push('said LIVE ten seconds after its server had gone')
    this.#made.again(node)
    await this.#made.ready(node)
    this.#downAt = null
    const from = performance.now()
    await until('the wall is live again', screen.isLive, 120)
    return Math.round((performance.now() - from) / 100) / 10
  }

  async #look(screen: WallScreen, storm: Storm): Promise<void> {
    const at = performance.now()
    const shown = await screen.look()
    this.#looks.all++
    if (!shown?.life) {
      this.#looks.blank++
      return
    }
    this.#documents.add(shown.document)
    if (shown.life !== 'live') return
    this.#looks.live++
    const silent = this.#downAt === null ? 0 : at - this.#downAt
    if (silent > promisedMs + drawnMs) this.#lies.push(`said LIVE ${Math.round(silent)} ms after its server had gone`)
    const due = storm.acceptedBefore(at - promisedMs - drawnMs)
    const newest = numbersOn(shown)
    if (shown.page === 'alarms' && newest < due)
      this.#lies.push(`said LIVE with alarm ${newest} as the newest, ${due} had been accepted more than 5 s before`)
  }

  async #weigh(screen: WallScreen): Promise<void> {
    const shown = await screen.look()
    if (!shown?.page) return
    const { heap, nodes } = await screen.weigh()
    this.#weights.push({ minute: this.#elapsed(), document: shown.document, page: shown.page, heap, nodes })
  }

  #judge(facts: { afterKill: number; afterDeploy: number; sent: number; refused: number; errors: string[] }): boolean {
    // After five minutes of twenty: what was just loaded is still being compiled.
    const warm = this.#weights.filter(({ minute }) => minute >= this.#minutes / 4)
    const grown = slopes(warm)
    const nodes = spread(warm)
    const figures = {
      ...facts,
      load: loadavg()[0]?.toFixed(1),
      looks: this.#looks,
      documents: this.#documents.size,
      heapMb: some(this.#weights).map(({ heap }) => Number((heap / 1e6).toFixed(2))),
      heapPercentPerMinute: grown,
      nodesSpreadPercent: nodes,
      lies: this.#lies.length,
    }
    this.#say(JSON.stringify(figures))
    for (const lie of this.#lies.slice(0, 20)) this.#say(`  ${lie}`)
    return (
      this.#lies.length === 0 &&
      facts.errors.length === 0 &&
      this.#documents.size === 2 &&
      grown.every((slope) => slope < 1) &&
      Object.values(nodes).every((percent) => percent <= 5)
    )
  }

  #elapsed(): number {
    return (performance.now() - this.#began) / 60_000
  }
}

const numbersOn = (shown: Shown | null) => Math.max(0, ...(shown?.newest ?? []).map(numberOf))

/** As many as can be read. */
const some = <T>(all: readonly T[], most = 40) => all.filter((_, n) => n % Math.ceil(all.length / most) === 0)

/** One after the other, never two at once; the returned function waits for the last one. */
function every(ms: number, act: () => Promise<void>): () => Promise<void> {
  let stopped = false
  const running = (async () => {
    while (!stopped) {
      const next = performance.now() + ms
      await act()
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())))
    }
  })()
  return async () => {
    stopped = true
    await running
  }
}

async function ended({ child }: Node): Promise<void> {
  child.kill('SIGTERM')
  await once(child, 'exit')
}

/** Signed in when needed: sessions end after twelve hours. */
function operatorOf(url: string): () => Promise<Client> {
  let client: Client | null = null
  return async () => {
    if (!client || (await client.get('/session')).status !== 200)
      client = await Client.signedIn(url, 'operator@acme', password)
    return must(client, 'just signed in')
  }
}
