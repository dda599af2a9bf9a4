/** Work orders: every long operation as people see it — its state, steps, progress, attempts and what may be done with it. */
import * as z from 'zod/mini'
import { commaList, defineView, Paging, QueryTime } from '#wire'

/** 施工结果 */
export const orderStates = ['scheduled', 'paused', 'running', 'succeeded', 'failed', 'cancelled'] as const
export const OrderState = z.enum(orderStates)
export type OrderState = z.infer<typeof OrderState>

export const orderVerbs = ['pause', 'resume', 'cancel', 're-execute'] as const
export const OrderVerb = z.enum(orderVerbs)
export type OrderVerb = z.infer<typeof OrderVerb>

const noNul = z.refine<string>((value) => !value.includes('\0'), 'must not contain NUL')
const text = (most: number) => z.string().check(z.maxLength(most), noNul)
const name = (most: number) => z.string().check(z.minLength(1), z.maxLength(most), noNul)

/** What an order works on or belongs to: `{noun: 'desktops', id: 'acme:pc-1', name: 'PC-1'}`. */
export const Link = z.object({ noun: z.string(), id: z.string(), name: z.string() })
export type Link = z.infer<typeof Link>

/** How an order can end besides what its provider says of itself; `faultTexts` of the inventory's machine words them all. */
export const orderFaults = [
  'interrupted',
  'drained',
  'no-progress',
  'timeout',
  'cancelled',
  'subject.gone',
  'subject.taken',
  'child.failed',
  'fault',
] as const
export type OrderFault = (typeof orderFaults)[number]

/** Why it failed: a stable code, the step it happened in, and the engine's own words. */
export const OrderError = z.object({ code: z.string(), step: z.nullable(z.string()), message: z.string() })
export type OrderError = z.infer<typeof OrderError>

export const stepStates = ['pending', 'running', 'succeeded', 'failed', 'cancelled'] as const
export const OrderStep = z.object({
  name: z.string(),
  state: z.enum(stepStates),
  /** 0–100, never going back within an attempt; 100 only with `succeeded`. */
  percent: z.number(),
  bytesDone: z.nullable(z.number()),
  bytesTotal: z.nullable(z.number()),
  startedAt: z.nullable(z.number()),
  endedAt: z.nullable(z.number()),
  /** Done by an earlier attempt, whose results still hold. */
  kept: z.boolean(),
})
export type OrderStep = z.infer<typeof OrderStep>

export const OrderRow = z.object({
  id: z.string(),
  /** `WO-<yyyymmddHHMMSS>-<type>-<6 base32>` */
  number: z.string(),
  type: z.string(),
  state: OrderState,
  /** Cancelled, and its process has not ended yet. */
  stopping: z.boolean(),
  subject: z.nullable(Link),
  links: z.array(Link),
  step: z.nullable(z.string()),
  stepsDone: z.number(),
  steps: z.number(),
  /** As last stored; the live one is the last value `p:<id>`. */
  percent: z.number(),
  attempt: z.number(),
  /** Ends of workers that it survived since a person last asked for it. */
  interruptions: z.number(),
  warnings: z.number(),
  error: z.nullable(OrderError),
  /** null where the viewer's role may not see people. */
  createdBy: z.nullable(z.string()),
  createdAt: z.number(),
  startedAt: z.nullable(z.number()),
  endedAt: z.nullable(z.number()),
})
export type OrderRow = z.infer<typeof OrderRow>

export const OrderAttempt = z.object({
  n: z.number(),
  state: z.enum(['failed', 'cancelled', 'succeeded']),
  startedAt: z.nullable(z.number()),
  endedAt: z.nullable(z.number()),
  error: z.nullable(OrderError),
  warnings: z.number(),
  steps: z.array(OrderStep),
})
export type OrderAttempt = z.infer<typeof OrderAttempt>

/** Why a scheduled order waits. */
export const Wait = z.object({
  why: z.enum(['ahead', 'concurrency', 'locked', 'no-worker', 'starting']),
  /** ahead: how many of its tenant come first. */
  n: z.optional(z.number()),
  /** locked: number of the order that works on the same thing. */
  by: z.optional(z.string()),
})
export type Wait = z.infer<typeof Wait>

export const OrderDetail = z.extend(OrderRow, {
  v: z.number(),
  wait: z.nullable(Wait),
  stepList: z.array(OrderStep),
  attempts: z.array(OrderAttempt),
  warningList: z.array(z.string()),
})
export type OrderDetail = z.infer<typeof OrderDetail>

/** Last value `p:<id>` of the view, at most five a second: what a running order is at (S8). */
export interface LiveProgress {
  attempt: number
  step: string
  percent: number
  bytesDone: number | null
  bytesTotal: number | null
  /** Bytes a second, over the last seconds. */
  rate: number | null
  /** Estimate of what is left of the step, ms. */
  leftMs: number | null
  /** Size of the attempt's log: more than what a reader holds is read from there on. */
  log: number
}

/** Last value `waiting` of the view: order id → why it waits, for the first hundred of a tenant. */
export type Waiting = Record<string, Wait>

/** Filter of the list; the same object is the URL's query, the HTTP query and the window's filter. */
export const OrderFilter = z.object({
  type: z.optional(z.array(text(60))),
  state: z.optional(z.array(OrderState)),
  /** Name of the target contains. */
  target: z.optional(text(100)),
  /** Exact id of the target or of something linked. */
  subject: z.optional(text(200)),
  who: z.optional(text(100)),
  text: z.optional(text(200)),
  /** ms: created in this range. */
  from: z.optional(z.number()),
  to: z.optional(z.number()),
})
export type OrderFilter = z.infer<typeof OrderFilter>

const holds = (value: string | null | undefined, part: string | undefined) =>
  !part || (value?.toLowerCase().includes(part.toLowerCase()) ?? false)
const among = <T>(value: T, chosen: readonly T[] | undefined) => !chosen?.length || chosen.includes(value)

export function orderMatches(row: OrderRow, filter: OrderFilter): boolean {
  const things = row.subject ? [row.subject, ...row.links] : row.links
  return (
    among(row.type, filter.type) &&
    among(row.state, filter.state) &&
    holds(row.subject?.name, filter.target) &&
    holds(row.createdBy, filter.who) &&
    (!filter.subject || things.some(({ id }) => id === filter.subject)) &&
    (filter.from === undefined || row.createdAt >= filter.from) &&
    (filter.to === undefined || row.createdAt <= filter.to) &&
    (!filter.text ||
      [row.number, row.type, row.subject?.name, row.createdBy, row.error?.code, row.error?.message].some((value) =>
        holds(value, filter.text),
      ))
  )
}

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const byId = (a: OrderRow, b: OrderRow) => byText(b.id, a.id)
const stateRank: Record<OrderState, number> = {
  running: 0,
  failed: 1,
  scheduled: 2,
  paused: 3,
  succeeded: 4,
  cancelled: 5,
}

export const WorkOrders = defineView<OrderRow, OrderFilter>({
  name: 'work-orders',
  permission: 'work-orders:read',
  filter: OrderFilter,
  matches: orderMatches,
  orders: {
    newest: (a, b) => b.createdAt - a.createdAt || byId(a, b),
    oldest: (a, b) => a.createdAt - b.createdAt || -byId(a, b),
    state: (a, b) => stateRank[a.state] - stateRank[b.state] || b.createdAt - a.createdAt || byId(a, b),
    type: (a, b) => byText(a.type, b.type) || b.createdAt - a.createdAt || byId(a, b),
    target: (a, b) => byText(a.subject?.name ?? '', b.subject?.name ?? '') || byId(a, b),
    ended: (a, b) => (b.endedAt ?? Infinity) - (a.endedAt ?? Infinity) || byId(a, b),
  },
  defaultOrder: 'newest',
  counters(rows) {
    const counts: Record<OrderState, number> & { total: number } = {
      total: 0,
      scheduled: 0,
      paused: 0,
      running: 0,
      succeeded: 0,
      failed: 0,
      cancelled: 0,
    }
    for (const { state } of rows) {
      counts.total++
      counts[state]++
    }
    return counts
  },
})

export const OrderId = z.strictObject({ id: name(200) })
/** Body of a batch: all or nothing. */
export const OrderIds = z.strictObject({ ids: z.array(name(200)).check(z.minLength(1), z.maxLength(500)) })

/** Query string of `GET /work-orders`: lists are comma separated, times ISO or ms. */
export const OrderQuery = z.extend(Paging, {
  type: z.optional(commaList(text(60))),
  state: z.optional(commaList(OrderState)),
  target: OrderFilter.shape.target,
  subject: OrderFilter.shape.subject,
  who: OrderFilter.shape.who,
  text: OrderFilter.shape.text,
  from: z.optional(QueryTime),
  to: z.optional(QueryTime),
})

const whole = (least: number, most: number) => z.int().check(z.minimum(least), z.maximum(most))
/** A self-check of disk work: makes a small real disk, converts, checks and compares it. */
export const DiskCheckInput = z.strictObject({
  name: name(100),
  /** Data written into the disk, MiB. */
  dataMiB: z._default(whole(1, 256), 16),
  /** Slows the conversion to so many MiB a second, so that it can be watched; absent: as fast as it goes. */
  rateMiB: z.optional(whole(1, 1000)),
  /** Disk checks under the same key run one after another. */
  lock: z.optional(name(100)),
})
export type DiskCheckInput = z.infer<typeof DiskCheckInput>
