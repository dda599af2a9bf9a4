/** A socket of the simulation: in order both ways, with drops, doubles, delays, half-open ends and slow readers. */
import type { Bye, Frame, Heartbeat, PageAnswer, Revoke, Row, SubAnswer, SubRequest, WindowPush } from '#wire'
import type { Allowance } from '../../../server/core/sync/slow-client.ts'
import type { Lane } from '../../../server/core/sync/room-log.ts'
import type { Client } from './client.ts'
import { checkSocket } from './invariants.ts'
import type { RoomKey } from './limits.ts'
import type { Node } from './node.ts'

export type Down =
  | { t: 'f'; frame: Frame }
  | { t: 'w'; push: WindowPush }
  | { t: 'hb'; heartbeat: Heartbeat }
  | { t: 'bye'; bye: Bye }
  | { t: 'revoke'; revoke: Revoke }
  | { t: 'sub'; n: number; answer: SubAnswer | { wait: number } }
  | { t: 'page'; cut: string; page: number; answer: PageAnswer | null }

export type Up =
  { t: 'sub'; n: number; request: SubRequest; claims?: RoomKey } | { t: 'page'; cut: string; page: number }

export class Link {
  open = true
  black = false
  pausedUntil = 0
  /** What the server knows of it. */
  room: RoomKey | null = null
  window = false
  lane: Lane
  allowance: Allowance = 'rows'
  unsentBytes = 0
  unsentSince: number | null = null
  mostUnsent = 0
  readonly node: Node
  readonly client: Client
  #downAt = 0
  #upAt = 0
  #held: Down[] = []

  constructor(node: Node, client: Client, lane: Lane) {
    this.node = node
    this.client = client
    this.lane = lane
  }

  down(message: Down): void {
    const { world } = this.node
    const { clock } = world
    if (!this.open) return
    checkSocket(world, this.client, rowsOf(message))
    if (this.black) return world.hit('socket: half-open')
    const lossy = message.t === 'f' || message.t === 'hb' || message.t === 'w'
    if (lossy && clock.chance(world.drops)) return world.hit('frame: dropped')
    if (clock.now < this.pausedUntil) {
      this.unsentBytes += sizeOf(message)
      this.unsentSince ??= clock.now
      this.mostUnsent = Math.max(this.mostUnsent, this.unsentBytes)
      this.#held.push(message)
      return
    }
    this.#deliver(message)
    if (lossy && clock.chance(world.doubles)) {
      world.hit('frame: doubled')
      this.#deliver(message)
    }
  }

  up(message: Up): void {
    const { world } = this.node
    if (!this.open) return
    if (this.black) return world.hit('socket: half-open')
    this.#upAt = Math.max(this.#upAt, world.clock.now + world.clock.between(0.5, 8))
    world.clock.after(this.#upAt - world.clock.now, () => {
      if (this.open) this.node.enter(() => this.open && this.node.doors.receive(this, message))
    })
  }

  /** The client stops reading for a while; what is sent meanwhile waits in the server's buffers. */
  pause(ms: number): void {
    const { clock } = this.node.world
    this.pausedUntil = Math.max(this.pausedUntil, clock.now + ms)
    clock.after(ms, () => this.resume())
  }

  resume(): void {
    if (this.node.world.clock.now < this.pausedUntil) return
    const held = this.#held
    this.#held = []
    this.unsentBytes = 0
    this.unsentSince = null
    for (const message of held) this.#deliver(message)
  }

  close(): void {
    if (!this.open) return
    this.open = false
    this.node.doors.forget(this)
    const { clock } = this.node.world
    if (!this.black) clock.after(clock.between(0.5, 20), () => this.client.closed(this))
  }

  #deliver(message: Down): void {
    const { world } = this.node
    const { clock } = world
    this.#downAt = Math.max(this.#downAt, clock.now + clock.between(0.5, clock.chance(world.delays) ? 900 : 6))
    clock.after(this.#downAt - clock.now, () => {
      // What is on the wire still arrives after a close by the server, as long as the client listens.
      if (!this.black && this.client.link === this) {
        world.deliveries++
        this.client.receive(message)
      }
    })
  }
}

export function sizeOf(message: Down): number {
  if (message.t === 'f') return 40 + message.frame.d.length * 120 + Object.keys(message.frame.k ?? {}).length * 10
  if (message.t === 'sub' && 'rows' in message.answer) return 60 + message.answer.rows.length * 120
  if (message.t === 'page') return 20 + (message.answer?.rows.length ?? 0) * 120
  if (message.t === 'w') return 40 + message.push.rows.length * 120
  return 40
}

function rowsOf(message: Down): readonly Row[] {
  if (message.t === 'f') return message.frame.d
  if (message.t === 'w') return message.push.rows
  if (message.t === 'sub') return 'rows' in message.answer ? message.answer.rows : []
  return message.t === 'page' ? (message.answer?.rows ?? []) : []
}
