/** A load generator: holds groups of clients and tells what they have received. */
import type { Cursor } from '#wire'
import {
  openModel,
  openPlain,
  openRaw,
  openStock,
  openThin,
  type Client,
  type Opened,
  type Target,
} from './client-kinds.ts'
import { answerParent } from './messages.ts'
import { Tally, type Report } from './tally.ts'

export type Kind = 'stock' | 'plain' | 'raw' | 'thin' | 'thin-plain' | 'thin-raw' | 'model'

export interface OpenOrder extends Target {
  group: string
  kind: Kind
  count: number
  cursor: Cursor | null
}

interface Group {
  order: OpenOrder
  clients: Client[]
  tally: Tally
  /** models only: by `readings.sent`, how many have painted it and when the last did */
  painted: Map<number, { clients: number; lastAt: number }>
}

const groups = new Map<string, Group>()
const openAtOnce = 50

function one(group: Group, cursor: Cursor | null): Promise<Client> {
  const { order, tally, painted } = group
  const target = { url: order.url, cookie: order.cookie }
  if (order.kind === 'stock') return openStock(target, cursor, tally)
  if (order.kind === 'plain') return openPlain(target, tally)
  if (order.kind === 'raw') return openRaw(target, tally)
  if (order.kind === 'thin') return openThin(target, 'deskwatch', cursor, tally)
  if (order.kind === 'thin-plain') return openThin(target, 'plain', null, tally)
  if (order.kind === 'thin-raw') return openThin(target, 'raw', null, tally)
  return openModel(target, ({ readings }, at) => {
    const sent = readings?.sent
    if (sent === undefined) return
    const before = painted.get(sent) ?? { clients: 0, lastAt: 0 }
    painted.set(sent, { clients: before.clients + 1, lastAt: Math.max(before.lastAt, at) })
  })
}

function named(name: string): Group {
  const group = groups.get(name)
  if (!group) throw new Error(`no group ${name}`)
  return group
}

answerParent({
  async open(order: OpenOrder): Promise<void> {
    const group: Group = { order, clients: [], tally: new Tally(), painted: new Map() }
    groups.set(order.group, group)
    for (let at = 0; at < order.count; at += openAtOnce) {
      const part = Math.min(openAtOnce, order.count - at)
      group.clients.push(...(await Promise.all(Array.from({ length: part }, () => one(group, order.cursor)))))
    }
  },
  /** Starts counting anew. */
  reset(name: string): void {
    named(name).tally.reset()
  },
  report: (name: string): Report => named(name).tally.report(),
  /** Bytes that the server has sent to the group's clients since they came. */
  bytes: (name: string): number => named(name).clients.reduce((sum, client) => sum + client.bytes(), 0),
  painted: (name: string): [number, { clients: number; lastAt: number }][] => [...named(name).painted],
  /** Of the given versions, how many clients hold an older one. */
  behind({ group, versions }: { group: string; versions: [string, number][] }): number {
    const isBehind = ({ place }: Client) => versions.some(([id, v]) => (place?.versions.get(id) ?? -1) < v)
    return named(group).clients.filter(isBehind).length
  },
  cursor(name: string): Cursor | null {
    return named(name).clients[0]?.place?.cursor ?? null
  },
  close(name: string): void {
    for (const client of groups.get(name)?.clients ?? []) client.close()
    groups.delete(name)
  },
  closeAll(): void {
    for (const { clients } of groups.values()) for (const client of clients) client.close()
    groups.clear()
  },
  /** Everybody leaves and comes back at once with the cursor held (thin clients). */
  async reconnect({
    group,
    delayMs,
  }: {
    group: string
    delayMs: number
  }): Promise<{ ms: number; kinds: Record<string, number>; bytes: number }> {
    const held = named(group)
    const cursors = held.clients.map(({ place }) => place?.cursor ?? null)
    for (const client of held.clients) client.close()
    await new Promise((resolve) => setTimeout(resolve, delayMs))
    const began = performance.now()
    const opened = (await Promise.all(cursors.map((cursor) => one(held, cursor)))) as Opened[]
    held.clients = opened
    const kinds: Record<string, number> = {}
    for (const { answer } of opened) kinds[answer?.kind ?? 'none'] = (kinds[answer?.kind ?? 'none'] ?? 0) + 1
    return {
      ms: performance.now() - began,
      kinds,
      bytes: opened.reduce((sum, { answeredAfter }) => sum + answeredAfter.bytes, 0),
    }
  },
  /** A first visit: usable at the first answer, whole after the last page. */
  async firstVisit(
    target: Target,
  ): Promise<{ usableMs: number; usableBytes: number; wholeMs: number; wholeBytes: number; rows: number }> {
    const began = performance.now()
    const client = await openThin(target, 'deskwatch', null, new Tally())
    const more = client.answer?.more
    let rows = client.answer?.rows.length ?? 0
    for (let page = 1; more && page <= more.pages; page++) rows += (await client.page(more.cut, page)).rows.length
    const { ms: usableMs, bytes: usableBytes } = client.answeredAfter
    const whole = { wholeMs: performance.now() - began, wholeBytes: client.bytes(), rows }
    client.close()
    return { usableMs, usableBytes, ...whole }
  },
})
