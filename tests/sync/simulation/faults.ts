/** The faults of a schedule: a few, of any kind, at any time, then everything is healed. */
import type { Node } from './node.ts'
import type { World } from './world.ts'

type Fault = (world: World) => void

const faults: Record<string, Fault> = {
  'node: killed': (world) => onNode(world, (node) => world.killNode(node, world.clock.between(200, 3000))),
  'node: stopped': (world) =>
    onNode(
      world,
      (node) => (node.stoppedUntil = Math.max(node.stoppedUntil, world.clock.now + world.clock.between(300, 14_000))),
    ),
  'node: cut off from redis': (world) =>
    onNode(world, (node) => {
      node.cutOff = true
      world.clock.after(world.clock.between(300, 9000), () => (node.cutOff = false))
    }),
  'redis: killed': (world) => killRedis(world, 1),
  'redis: restored to an earlier point': (world) => killRedis(world, world.clock.between(0.2, 0.95)),
  'redis: killed and emptied': (world) => killRedis(world, 0),
  'redis: flushed': (world) => world.redis.flush(),
  'redis: frozen': (world) => (world.redis.frozenUntil = world.clock.now + world.clock.between(200, 5000)),
  'redis: log trimmed': (world) => world.redis.trim(1),
  'database: out': (world) => {
    world.database.down = true
    world.clock.after(world.clock.between(100, 3000), () => (world.database.down = false))
  },
  'socket: goes half-open': (world) => onLink(world, (link) => (link.black = true)),
  'socket: closed': (world) => onLink(world, (link) => link.close()),
  'socket: slow reader': (world) => onLink(world, (link) => link.pause(world.clock.between(500, 14_000))),
  'role: changed': (world) => {
    const client = world.clock.pick(world.clients.slice(0, 2))
    world.rolesChanged = true
    const { tenant, masked } = client.principal
    const moves = world.clock.chance(0.5)
    client.rolesChanged(moves ? { tenant: tenant === 'a' ? 'b' : 'a', masked } : { tenant, masked: !masked })
  },
}

export const faultNames = [
  ...Object.keys(faults),
  'frame: dropped',
  'frame: doubled',
  'frame: one of several',
  'socket: half-open',
  'database: answer lost after commit',
  'database: request lost',
  'redis: answer lost after append',
  'log: entries of a document out of order',
  'log: gap or new epoch',
  'journal: open records redone',
  'node: found its lease taken and exits',
  'slow: last values only',
  'slow: disconnected',
  'command: sent twice',
  'report: sent twice',
  'sub: delta',
  'sub: snapshot',
  'sub: snapshot instead of a delta',
  'sub: shared cut with delta',
  'sub: more pages',
  'sub: node behind the client waits',
  'frame: gap seen',
  'heartbeat: gap seen',
]

export function breakThings(world: World, focus: readonly string[]): void {
  const { clock } = world
  if (clock.chance(0.4)) world.drops = clock.between(0, 0.15)
  if (clock.chance(0.3)) world.doubles = 0.1
  if (clock.chance(0.2)) world.delays = 0.1
  if (clock.chance(0.3)) world.database.lostAnswers = 0.08
  if (clock.chance(0.2)) world.database.lostRequests = 0.08
  if (clock.chance(0.3)) world.redis.lostAnswers = 0.1
  const names = Object.keys(faults)
  for (let i = clock.below(4) + focus.length; i >= 0; i--) {
    const name = focus.length > 0 && clock.chance(0.8) ? clock.pick(focus) : clock.pick(names)
    clock.after(clock.between(400, 5000), () => {
      world.hit(name)
      faults[name]?.(world)
    })
  }
  const end = clock.between(4000, 6000)
  clock.after(end, () => {
    world.heal()
    world.redis.frozenUntil = 0
    if (!world.redis.up) world.redis.restart(1)
    for (const node of world.nodes) {
      if (!node) continue
      node.cutOff = false
    }
    for (const { link } of world.clients) {
      if (!link) continue
      link.pausedUntil = 0
      link.resume()
    }
    world.workload.burst(2)
    // Rights taken away show only after the grace that their withdrawal has.
    if (world.rolesChanged) clock.after(5500, () => world.workload.burst(4))
  })
}

function onNode(world: World, change: (node: Node) => void): void {
  const node = world.nodeFor()
  if (node) change(node)
}

function onLink(world: World, change: (link: NonNullable<World['clients'][number]['link']>) => void): void {
  const links = world.clients.map(({ link }) => link).filter((link) => link !== null)
  if (links.length > 0) change(world.clock.pick(links))
}

function killRedis(world: World, keep: number): void {
  if (!world.redis.up) return
  world.redis.kill()
  world.clock.after(world.clock.between(50, 2500), () => !world.redis.up && world.redis.restart(keep))
}
