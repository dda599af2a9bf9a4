/** What must hold in every schedule. Each invariant has one sentence, which the table of broken rules cites. */
import { ClientView } from '../../../src/lib/sync/client-view.ts'
import { WindowView } from '../../../src/lib/sync/window-view.ts'
import type { Client } from './client.ts'
import { byRank, present, seenBy } from './documents.ts'
import type { Doc } from './documents.ts'
import { slow, windowSize } from './limits.ts'

import type { World } from './world.ts'

export class Violation extends Error {
  readonly invariant: string
  readonly seed: number
  constructor(invariant: string, detail: string, seed: number) {
    super(`seed ${seed}: ${invariant}: ${detail}`)
    this.invariant = invariant
    this.seed = seed
  }
}

/** A painted row is committed, in scope, and not older than what the screen showed before. */
export function paintedTruly(world: World, client: Client, id: string): void {
  const v = client.view.version(id)
  if (v === undefined) return
  if (client.paintedRoom !== client.view.room) {
    // Other rights, another screen.
    client.paintedRoom = client.view.room
    client.painted.clear()
  }
  const before = client.painted.get(id) ?? 0
  if (v < before)
    throw new Violation('v never goes back on a screen', `${client.name} ${id} v${before} → v${v}`, world.seed)
  client.painted.set(id, v)
  const row = client.view.rows.get(id)
  const committed = world.database.history.get(id)?.find(({ doc }) => doc.v === v)
  if (!committed || row?.n !== committed.doc.n) {
    throw new Violation('what is painted is in the database', `${client.name} ${id} v${v} ${row?.n}`, world.seed)
  }
}

/** LIVE: everything committed five seconds ago is on this screen. */
export function liveTruly(world: World, client: Client): void {
  const then = world.clock.now - 5000
  for (const [id, versions] of world.database.history) {
    if (!seenBy(id, client.principal.tenant) || client.changedAt > then) continue
    const shown = client.view.version(id)
    if (shown === undefined && client.view instanceof WindowView) continue
    let due: Doc | null = null
    let hiddenSince = false
    for (const { at, doc } of versions) {
      if (at <= then) {
        due = doc
        hiddenSince = false
      }
      if (due && (doc.gone || doc.closed)) hiddenSince = true
    }
    if (!due || (shown === undefined ? hiddenSince : shown >= due.v)) continue
    throw new Violation(
      'LIVE implies a lag below 5 s',
      `${client.name} ${id} shows v${shown}, due v${due.v}`,
      world.seed,
    )
  }
}

export interface Unrest {
  invariant: string
  detail: string
}

/** Null when everything has come to rest as it must; the first thing that has not, else. */
export function atRest(world: World): Unrest | null {
  return quiet(world) ?? acceptedOnce(world) ?? reportsCounted(world) ?? screensRight(world)
}

function quiet(world: World): Unrest | null {
  const { workload, database, nodes } = world
  const invariant = 'everything comes to rest'
  if (workload.open > 0) return { invariant: 'every request is answered', detail: `${workload.open} open` }
  if (database.intake.size > 0) return { invariant, detail: 'open batches in the journal' }
  for (const node of nodes) {
    if (!node?.alive || !node.tail.steady || !node.writer.idle())
      return { invariant, detail: `node ${node?.name ?? '?'} is busy` }
  }
  for (const [name, lease] of database.leases) {
    if (!lease.redone && !world.isAlive(name)) return { invariant, detail: `${name} is not redone` }
  }
  return null
}

/** Every 2xx is in the database exactly once; a refusal has left nothing. */
function acceptedOnce(world: World): Unrest | null {
  const invariant = 'every 2xx is in the database exactly once'
  const effects = new Map<string, number>()
  for (const versions of world.database.history.values()) {
    for (const { doc } of versions) if (doc.by) effects.set(doc.by, (effects.get(doc.by) ?? 0) + 1)
    const last = versions[versions.length - 1]
    if (last?.doc.hold) return { invariant: 'all or nothing', detail: `${last.doc.id} stays held by ${last.doc.hold}` }
  }
  for (const { act, outcome } of world.workload.acts.values()) {
    const found = effects.get(act.kind === 'pair' ? `${act.key}#flip` : act.key) ?? 0
    const due = outcome.ok ? act.ids.length : 0
    if (found === due) continue
    if (act.kind === 'pair') return { invariant: 'all or nothing', detail: `${act.key}: ${found} of ${due}` }
    return { invariant, detail: `${act.kind} ${act.key} on ${act.ids[0]}: ${found} times, ${due} due` }
  }
  return null
}

function reportsCounted(world: World): Unrest | null {
  const { database, workload } = world
  for (const id of workload.reports) {
    if (!database.reports.has(id)) return { invariant: 'every accepted report is in the database', detail: id }
  }
  const counts = new Map<string, number>()
  for (const id of database.reports.keys()) {
    const alarm = id.slice(0, id.indexOf('/'))
    counts.set(alarm, (counts.get(alarm) ?? 0) + 1)
  }
  for (const [alarm, due] of counts) {
    const count = database.docs.get(alarm)?.count ?? 0
    if (count !== due) return { invariant: 'an alarm counts its reports', detail: `${alarm}: ${count}, ${due} due` }
  }
  return null
}

/** Each screen is the database query of its principal, and says LIVE. */
function screensRight(world: World): Unrest | null {
  const versions = versionsDense(world)
  if (versions) return versions
  for (const client of world.clients) {
    const { tenant, masked } = client.principal
    const due = new Map<string, Doc>()
    for (const doc of world.database.docs.values()) {
      if (seenBy(doc.id, tenant) && present(doc, masked) !== null) due.set(doc.id, doc)
    }
    const wrong = client.view instanceof WindowView ? windowWrong(client.view, due) : rowsWrong(client, due, masked)
    if (wrong)
      return { invariant: 'at rest a screen equals the query of its principal', detail: `${client.name}: ${wrong}` }
    if (client.says !== 'live')
      return { invariant: 'at rest a screen says LIVE', detail: `${client.name} says ${client.says}` }
    if (client.controls.length > 0) return { invariant: 'an act is done when the screen shows it', detail: client.name }
    const values = valuesWrong(client)
    if (values) return { invariant: 'at rest the last values are shown', detail: values }
  }
  return null
}

function rowsWrong(client: Client, due: Map<string, Doc>, masked: boolean): string | null {
  const { view } = client
  if (view.rows.size !== due.size) return `${view.rows.size} rows, ${due.size} due`
  for (const [id, doc] of due) {
    const row = view.rows.get(id)
    if (!row || view.version(id) !== doc.v) return `${id} v${view.version(id)}, v${doc.v} due`
    if ('secret' in row === masked) return `${id} has the wrong fields`
  }
  return null
}

function windowWrong(view: WindowView, due: Map<string, Doc>): string | null {
  const order = [...due.values()].sort(byRank).slice(0, windowSize)
  if (view.total !== due.size) return `total ${view.total}, ${due.size} due`
  if (order.map(({ id }) => id).join() !== view.order.join()) return `order ${view.order.join()}`
  const old = order.find((doc) => view.version(doc.id) !== doc.v)
  return old ? `window ${old.id} v${view.version(old.id)}, v${old.v} due` : null
}

function valuesWrong(client: Client): string | null {
  const { link, view } = client
  if (!link?.room || !(view instanceof ClientView)) return null
  const held = JSON.stringify([...view.values].sort())
  const due = JSON.stringify(Object.entries(link.node.rooms.get(link.room)?.values() ?? {}).sort())
  return held === due ? null : `${client.name} shows ${held}, ${due} due`
}

/** Each version was decided on the one before: nothing was overwritten unseen. */
function versionsDense(world: World): Unrest | null {
  for (const [id, versions] of world.database.history) {
    for (let i = 1; i < versions.length; i++) {
      const [before, after] = [versions[i - 1], versions[i]]
      if (!before || !after) continue
      const lost = before.doc.acts.at(-1)
      if (after.doc.by && lost && !after.doc.acts.includes(lost)) {
        return { invariant: 'no write is overwritten unseen', detail: `${id} v${after.doc.v} does not know ${lost}` }
      }
    }
  }
  return null
}

/** Rows handed to a socket are in its principal's scope; what waits for a socket is bounded. */
export function checkSocket(world: World, client: Client, rows: readonly (readonly [string, number, unknown])[]): void {
  for (const [id, , row] of rows) {
    if (world.outOfScope(client, id, row))
      throw new Violation('nothing out of scope reaches a client', `${client.name} ${id}`, world.seed)
  }
  const unsent = client.link?.mostUnsent ?? 0
  const bound = slow.bytes + 1600
  if (unsent > bound)
    throw new Violation('memory per slow client is bounded', `${client.name} ${unsent} bytes`, world.seed)
}
