/** Who looks at what: never stored; told from node to node as last values and forgotten soon after its socket or node. */
import type { PresenceEntry } from '#wire'

interface Known {
  entry: PresenceEntry
  heardAt: number
}

/** A node repeats its people this often; others forget them after a little more than two silences. */
export const presenceRepeatMs = 4_000
const forgetMs = 10_000

export class Presence {
  /** room of presence (tenant|view) → socket → who. */
  #rooms = new Map<string, Map<string, Known>>()

  /** True when what is shown changes. */
  hear(room: string, socket: string, entry: PresenceEntry | null, now: number): boolean {
    let known = this.#rooms.get(room)
    if (!known) this.#rooms.set(room, (known = new Map<string, Known>()))
    const before = known.get(socket)
    if (entry === null) return known.delete(socket)
    known.set(socket, { entry, heardAt: now })
    return !before || JSON.stringify(before.entry) !== JSON.stringify(entry)
  }

  /** Rooms from which somebody vanished without a word. */
  forget(now: number): string[] {
    const changed: string[] = []
    for (const [room, known] of this.#rooms) {
      const before = known.size
      for (const [socket, { heardAt }] of known) if (now - heardAt > forgetMs) known.delete(socket)
      if (known.size !== before) changed.push(room)
      if (known.size === 0) this.#rooms.delete(room)
    }
    return changed
  }

  /** What somebody has open. */
  items(room: string): string[] {
    return [...(this.#rooms.get(room)?.values() ?? [])].flatMap(({ entry }) => entry.item ?? [])
  }

  of(room: string): Record<string, PresenceEntry> {
    return Object.fromEntries([...(this.#rooms.get(room) ?? [])].map(([socket, { entry }]) => [socket, entry]))
  }
}
