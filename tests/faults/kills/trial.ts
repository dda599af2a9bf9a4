/** One trial: an installation under load with consoles watching, whatever faults the caller thinks of, then the verdict. */
import type { AlarmRow } from '../../../server/features/alarms/contract.ts'
import { Client } from '../../support/client.ts'
import { Watcher } from '../../support/watcher.ts'
import { Acknowledger } from './acknowledger.ts'
import { Installation } from './installation.ts'
import { password, preload } from './preload.ts'
import { Senders } from './senders.ts'
import { settled, verify, withDatabase, type Findings } from './verify.ts'

export interface TrialOptions {
  alarms: number
  settings?: Record<string, string>
  say?: (line: string) => void
}

export interface Trial {
  made: Installation
  senders: Senders
  watchers: Watcher<AlarmRow>[]
}

export interface TrialResult extends Findings {
  refused: number
  unanswered: number
  acknowledged: number
  snapshots: number
  /** Nodes that ended by themselves and were started again. */
  restarts: number
  seconds: number
}

export async function runTrial(options: TrialOptions, faults: (trial: Trial) => Promise<void>): Promise<TrialResult> {
  const { alarms, say = () => undefined } = options
  const started = performance.now()
  const made = await Installation.stores({ settings: { INTAKE_MOST_WAITING: '3000', ...options.settings } })
  let passed = false
  try {
    const sender = await preload(made, alarms)
    say(`preloaded ${alarms} alarms in ${Math.round((performance.now() - started) / 1000)} s`)
    await Promise.all([made.addNode(), made.addNode()])
    const urls = made.nodes.map(({ url }) => url)
    const people = await Promise.all(urls.map((url) => Client.signedIn(url, 'operator@acme', password)))
    const watchers = people.map(({ url, cookie = '' }) => new Watcher<AlarmRow>(url, cookie, 'alarms'))
    const senders = new Senders({ token: sender.token, urls, writers: 2, perBatch: 40, pauseMs: 10 })
    const acknowledger = new Acknowledger(people, alarms)
    try {
      await faults({ made, senders, watchers })
      await senders.stop()
    } finally {
      senders.kill()
      await acknowledger.stop()
    }
    for (const node of made.nodes) await made.ready(node)
    const findings = await withDatabase(`${made.mongo.url}/deskwatch`, async (db) => {
      await settled(db)
      return verify(db, {
        sender: sender.id,
        acceptedIds: senders.acceptedIds(),
        preloaded: alarms,
        acknowledged: acknowledger.acknowledged,
        views: watchers.map(({ view }) => view),
      })
    })
    for (const watcher of watchers) watcher.close()
    passed = true
    return {
      ...findings,
      refused: senders.refused,
      unanswered: senders.unanswered,
      acknowledged: acknowledger.acknowledged.length,
      snapshots: watchers.reduce((sum, { snapshots }) => sum + snapshots, 0),
      restarts: made.restarts,
      seconds: Math.round((performance.now() - started) / 1000),
    }
  } finally {
    await made.end(!passed && process.env['KEEP_FILES'] === '1')
  }
}
