/** One schedule: nodes, stores, consoles, work and faults drawn from a seed, and the invariants they must keep. */
import { Client } from './client.ts'
import { Clockwork } from './clockwork.ts'
import { Database } from './database.ts'
import { fresh, seenBy } from './documents.ts'
import type { Principal } from './documents.ts'
import { breakThings } from './faults.ts'
import { atRest, paintedTruly, liveTruly, Violation } from './invariants.ts'
import { documentIds } from './limits.ts'
import { Node } from './node.ts'
import { RedisLog } from './redis.ts'
import { work } from './work.ts'
import type { Workload } from './work.ts'

export interface Statistics {
  schedules: number
  events: number
  deliveries: number
  accepted: number
  painted: number
  simulatedMs: number
  slowest: number
  hits: Record<string, number>
}

export class World {
  readonly seed: number
  readonly broken: string | null
  readonly clock: Clockwork
  readonly database: Database
  readonly redis: RedisLog
  readonly clients: Client[] = []
  readonly hits: Record<string, number> = {}
  nodes: (Node | null)[] = []
  workload: Workload
  drops = 0
  doubles = 0
  delays = 0
  deliveries = 0
  painted = 0
  healedAt = Infinity
  rolesChanged = false
  #incarnations = new Map<string, number>()
  #starts: number[] = []
  #gone = new Set<string>()

  constructor(seed: number, broken: string | null = null, faults: readonly string[] = []) {
    this.seed = seed
    this.broken = broken
    const clock = (this.clock = new Clockwork(seed))
    this.database = new Database(this)
    this.redis = new RedisLog(this)
    for (const id of documentIds) {
      if (clock.chance(0.75)) this.database.commit({ ...fresh(id), v: 1, gone: false, n: clock.below(100) })
    }
    const nodes = clock.chance(0.7) ? 2 : 3
    for (let slot = 0; slot < nodes; slot++) this.boot(slot)
    this.#seatClients()
    this.workload = work(this)
    breakThings(this, faults)
  }

  /** Runs to rest; throws a violation. */
  run(): void {
    const { clock } = this
    let checkAt = Infinity
    while (clock.step()) {
      if (clock.now < this.healedAt) continue
      if (checkAt === Infinity) checkAt = clock.now + (this.rolesChanged ? 7000 : 800)
      if (clock.now < checkAt) continue
      checkAt = clock.now + 400
      const unrest = atRest(this)
      if (!unrest) return
      if (clock.now > this.healedAt + 45_000) throw new Violation(unrest.invariant, unrest.detail, this.seed)
    }
  }

  hit(fault: string): void {
    this.hits[fault] = (this.hits[fault] ?? 0) + 1
  }

  // --- nodes ------------------------------------------------------------------------------------------------------------

  boot(slot: number): void {
    const incarnation = (this.#starts[slot] ?? 0) + 1
    this.#starts[slot] = incarnation
    const name = `n${slot}.${incarnation}`
    this.#incarnations.set(name, slot)
    this.nodes[slot] = null
    this.nodes[slot] = new Node(this, slot, name)
  }

  exit(node: Node): void {
    this.hit('node: found its lease taken and exits')
    this.killNode(node, this.clock.between(300, 1000))
  }

  killNode(node: Node, restartAfter: number): void {
    if (!node.alive) return
    node.kill()
    this.#gone.add(node.name)
    this.clock.after(restartAfter, () => this.boot(node.slot))
  }

  /** The process on the same host that has replaced this one, if that is known to be gone. */
  replacedBy(name: string): Node | null {
    const slot = this.#incarnations.get(name)
    return slot !== undefined && this.#gone.has(name) ? (this.nodes[slot] ?? null) : null
  }

  isAlive(name: string): boolean {
    return this.nodes.some((node) => node?.name === name && node.alive)
  }

  nodeFor(): Node | null {
    const up = this.nodes.filter((node): node is Node => node !== null && node.alive)
    return up.length > 0 ? this.clock.pick(up) : null
  }

  logGrew(): void {
    for (const node of this.nodes) if (node?.alive) this.clock.after(0.3, () => node.enter(() => node.read()))
  }

  heal(): void {
    this.drops = this.doubles = this.delays = 0
    this.database.down = false
    this.database.lostAnswers = this.database.lostRequests = 0
    this.redis.lostAnswers = 0
    this.healedAt = this.clock.now
  }

  // --- what the invariants look at --------------------------------------------------------------------------------------

  paints(client: Client, id: string): void {
    this.painted++
    paintedTruly(this, client, id)
  }

  saysLive(client: Client): void {
    liveTruly(this, client)
  }

  released(client: Client, control: { id: string; v: number }): void {
    const shown = client.view.version(control.id)
    if (shown !== undefined && shown < control.v) {
      throw new Violation(
        'an act is done when the screen shows it',
        `${client.name} ${control.id} v${control.v}`,
        this.seed,
      )
    }
  }

  #seatClients(): void {
    const { clock } = this
    const principals: Principal[] = [
      { tenant: 'a', masked: false },
      { tenant: 'a', masked: true },
      { tenant: 'b', masked: false },
    ]
    principals.forEach((principal, i) => {
      const window = i === 2 && clock.chance(0.5)
      const lane = clock.chance(0.3) ? 'slow' : 'fast'
      const claims = i === 1 && clock.chance(0.3) ? ('a/full' as const) : undefined
      this.clients.push(new Client(this, `c${i}`, principal, { window, lane, ...(claims && { claims }) }))
    })
  }

  outOfScope(client: Client, id: string, row: unknown): boolean {
    const past = client.before.filter(({ until }) => this.clock.now - until < 5000)
    const allowed = (principal: Principal): boolean =>
      seenBy(id, principal.tenant) && !(principal.masked && typeof row === 'object' && row !== null && 'secret' in row)
    return !allowed(client.principal) && !past.some(({ principal }) => allowed(principal))
  }
}

export function emptyStatistics(): Statistics {
  return { schedules: 0, events: 0, deliveries: 0, accepted: 0, painted: 0, simulatedMs: 0, slowest: 0, hits: {} }
}

/** Runs one schedule and adds to the statistics. */
export function runSchedule(seed: number, into: Statistics, broken?: string | null, faults?: readonly string[]): World {
  const world = new World(seed, broken, faults)
  try {
    world.run()
  } finally {
    into.schedules++
    into.events += world.clock.events
    into.deliveries += world.deliveries
    into.accepted += world.workload.accepted()
    into.painted += world.painted
    into.simulatedMs += world.clock.now
    into.slowest = Math.max(into.slowest, world.clock.now - world.healedAt)
    for (const [fault, times] of Object.entries(world.hits)) into.hits[fault] = (into.hits[fault] ?? 0) + times
  }
  return world
}
