/** What people and reporters do in a schedule: acts and reports, repeated under the same id until answered. */
import type { Client } from './client.ts'
import type { Act, ActKind, Outcome, Report } from './documents.ts'
import { seenBy } from './documents.ts'
import type { Reply } from './writer.ts'
import type { World } from './world.ts'
import { alarmIds, documentIds, roomKeys } from './limits.ts'
import { Violation } from './invariants.ts'

export interface Workload {
  acts: Map<string, { act: Act; outcome: Outcome }>
  reports: Set<string>
  /** Not answered yet. */
  open: number
  accepted: () => number
  burst: (count: number) => void
}

const kinds: ActKind[] = ['set', 'set', 'set', 'set', 'set', 'close', 'open', 'delete', 'create', 'create', 'pair']

export function work(world: World): Workload {
  const { clock } = world
  let keys = 0
  const workload: Workload = {
    acts: new Map(),
    reports: new Set(),
    open: 0,
    accepted: () => workload.acts.size + workload.reports.size,
    burst: (count) => {
      for (let i = 0; i < count; i++) act()
    },
  }

  /** HTTP: asks some node, gives up after 3 s, asks another one with the same key, for ever. */
  function ask(send: (reply: (reply: Reply) => void) => boolean, done: (reply: Reply) => void): void {
    let answered = false
    const again = (delay: number): void => clock.after(delay, () => ask(send, done))
    const reached = send((reply) => {
      clock.after(clock.between(0.5, 5), () => {
        if (answered || clock.chance(world.drops)) return
        answered = true
        if (reply.status === 503) again(clock.between(100, 300))
        else done(reply)
      })
    })
    if (!reached) return again(200)
    clock.after(3000, () => {
      if (answered) return
      answered = true
      again(0)
    })
  }

  function act(): void {
    const client = clock.pick(world.clients)
    const ids = documentIds.filter((id) => seenBy(id, client.principal.tenant))
    const kind = clock.pick(kinds)
    const first = clock.pick(ids)
    const second = clock.pick(ids.filter((id) => id !== first))
    const key = `k${++keys}`
    const made: Act = { key, kind, ids: kind === 'pair' ? [first, second] : [first], n: clock.below(100) }
    request(made, client)
    if (clock.chance(0.1)) {
      world.hit('command: sent twice')
      request(made, client)
    }
  }

  function request(made: Act, client: Client): void {
    workload.open++
    const done = (reply: Reply): void => {
      workload.open--
      if (reply.status !== 200) return
      const before = workload.acts.get(made.key)
      if (before && (before.outcome.ok !== reply.outcome.ok || before.outcome.v !== reply.outcome.v)) {
        throw new Violation('a repeated act is answered as before', made.key, world.seed)
      }
      workload.acts.set(made.key, { act: made, outcome: reply.outcome })
      client.acted(reply.outcome)
    }
    ask((reply) => {
      const node = world.nodeFor()
      if (!node) return false
      clock.after(clock.between(0.5, 5), () => node.enter(() => node.writer.command(made, reply)))
      return true
    }, done)
  }

  function report(): void {
    const reports: Report[] = []
    for (let i = 1 + clock.below(4); i > 0; i--) {
      const alarm = clock.pick(alarmIds)
      reports.push({ id: `${alarm}/${++keys}`, alarm })
    }
    const times = clock.chance(0.2) ? 2 : 1
    if (times > 1) world.hit('report: sent twice')
    for (let i = 0; i < times; i++) post(reports)
  }

  function post(reports: Report[]): void {
    workload.open++
    ask(
      (reply) => {
        const node = world.nodeFor()
        if (!node) return false
        clock.after(clock.between(0.5, 5), () => node.enter(() => node.writer.intake.take(reports, reply)))
        return true
      },
      () => {
        workload.open--
        for (const { id } of reports) workload.reports.add(id)
      },
    )
  }

  function tell(): void {
    const room = clock.pick(roomKeys)
    const key = clock.pick(['x', 'y'])
    const value = clock.chance(0.1) ? null : ++keys
    for (const node of world.nodes) {
      if (node?.alive) clock.after(clock.between(1, 20), () => node.enter(() => node.doors.tell(room, key, value)))
    }
  }

  for (let i = 8 + clock.below(14); i > 0; i--) clock.after(clock.between(300, 5000), act)
  for (let i = 1 + clock.below(4); i > 0; i--) clock.after(clock.between(300, 5000), report)
  for (let i = 1 + clock.below(4); i > 0; i--) clock.after(clock.between(300, 5000), tell)
  return workload
}
