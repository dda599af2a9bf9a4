/**
 * What browser, agent, worker and server agree on: frames, protocol version, error codes, roles, paging.
 * Browser-safe: imports zod/mini only. Rule ids (S1…) are explained in docs/sync.md.
 */
import * as z from 'zod/mini'

/** Version of the socket protocol; n and n − 1 are both spoken during an upgrade (S16). */
export const PROTOCOL = 1

export const roles = ['viewer', 'operator', 'admin', 'auditor', 'platform-admin'] as const
export const Role = z.enum(roles)
export type Role = z.infer<typeof Role>

export const permissions = [
  'alarms:read',
  'alarms:write',
  'alarms:triage',
  'alarm-quality:write',
  'maintenance-windows:write',
  'runbooks:write',
  'views:write',
  'inventory:read',
  'inventory:write',
  'inventory:enrol',
  'desktops:power',
  'desktops:console',
  'snapshots:read',
  'snapshots:write',
  'samples:write',
  'work-orders:read',
  'work-orders:write',
  'tenants:read',
  'tenants:write',
  'operators:read',
  'operators:write',
  'tokens:read',
  'tokens:write',
  'audit:read',
  'notifications:read',
  'notifications:write',
  'on-call:read',
  'on-call:write',
  'displays:write',
] as const
export const Permission = z.enum(permissions)
export type Permission = z.infer<typeof Permission>

const readings: Permission[] = ['alarms:read', 'inventory:read', 'snapshots:read', 'work-orders:read']
/** Of people, not of walls: their own notifications, and who is on call. */
const personal: Permission[] = ['operators:read', 'views:write', 'notifications:read', 'on-call:read']
const operating: Permission[] = [
  ...readings,
  ...personal,
  'alarms:triage',
  'maintenance-windows:write',
  'desktops:power',
  'desktops:console',
  'snapshots:write',
  'work-orders:write',
]
const administering: Permission[] = [
  ...operating,
  'alarms:write',
  'alarm-quality:write',
  'runbooks:write',
  'inventory:write',
  'inventory:enrol',
  'samples:write',
  'operators:write',
  'tokens:read',
  'tokens:write',
  'audit:read',
  'notifications:write',
  'on-call:write',
  'displays:write',
]

/** The one table of rights; served to the client as part of the session. */
export const granted: Record<Role, readonly Permission[]> = {
  viewer: readings,
  operator: operating,
  admin: administering,
  auditor: [...readings, ...personal, 'tokens:read', 'audit:read'],
  'platform-admin': [...administering, 'tenants:read', 'tenants:write'],
}

// --- errors ----------------------------------------------------------------------------------------------------------

/** Stable codes of problem+json answers (RFC 9457). Texts in both languages live in src/lib/i18n. */
export const errorCodes = {
  'request.malformed': 400,
  'request.invalid': 400,
  'request.too-large': 413,
  'request.media-type': 415,
  'request.origin': 403,
  'request.not-found': 404,
  'request.method': 405,
  'auth.required': 401,
  'auth.failed': 401,
  'auth.locked': 429,
  'auth.second-factor': 401,
  'auth.enrolment-required': 403,
  'auth.forbidden': 403,
  'auth.other-operator': 412,
  'rate.limited': 429,
  'idempotency.mismatch': 422,
  'version.conflict': 412,
  'state.conflict': 409,
  'name.taken': 409,
  'claim.taken': 409,
  'display.link': 403,
  'display.signed-in': 409,
  'limit.reached': 409,
  'selection.too-large': 422,
  'desktop.state': 409,
  'desktop.busy': 409,
  'desktop.not-asked': 409,
  'desktop.has-snapshots': 409,
  'snapshot.state': 409,
  'snapshot.has-image': 409,
  'provider.not-offered': 409,
  'provider.refused': 409,
  'provider.unavailable': 503,
  'work-order.state': 409,
  'work-order.batch': 409,
  'work-order.held': 409,
  'intake.overloaded': 503,
  'store.unavailable': 503,
  'server.draining': 503,
  'server.fault': 500,
} as const
export type ErrorCode = keyof typeof errorCodes
export const ErrorCode = z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]])

export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  code: z.string(),
  detail: z.string(),
  trace: z.optional(z.string()),
  errors: z.optional(z.array(z.object({ path: z.string(), message: z.string() }))),
  current: z.optional(z.unknown()),
  params: z.optional(z.record(z.string(), z.unknown())),
})
export type Problem = z.infer<typeof Problem>

export const Paging = z.strictObject({
  cursor: z.optional(z.string().check(z.maxLength(400))),
  limit: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(500)), 50),
  sort: z.optional(z.string().check(z.maxLength(60))),
})
export type Paging = z.infer<typeof Paging>

/** A query parameter that lists, comma separated. */
export const commaList = <T extends string>(item: z.ZodMiniType<T, string>) =>
  z.pipe(
    z.pipe(
      z.string(),
      z.transform((value): string[] => value.split(',').filter(Boolean)),
    ),
    z.array(item),
  )
/** A query parameter that is a moment: ISO or ms. */
export const QueryTime = z.pipe(
  z.union([
    z.coerce.number(),
    z.pipe(
      z.iso.datetime({ offset: true }),
      z.transform((value) => Date.parse(value)),
    ),
  ]),
  z.number(),
)

/** One item of a bulk act; acts are per item unless the command says all-or-nothing (S3). */
export const ActResult = z.object({
  id: z.string(),
  ok: z.boolean(),
  v: z.optional(z.number()),
  changed: z.optional(z.boolean()),
  problem: z.optional(Problem),
  current: z.optional(z.unknown()),
})
export type ActResult = z.infer<typeof ActResult>

// --- socket frames ---------------------------------------------------------------------------------------------------

/** A whole presented row with its version; null is a tombstone (S7). */
export type Row<T = unknown> = readonly [id: string, v: number, row: T | null]

/** Position in the change log: epoch and dense sequence (S6). */
export const Cursor = z.object({ e: z.number(), s: z.number() })
export type Cursor = z.infer<typeof Cursor>

/** Room, epoch, previous flushed sequence, last sequence, rows, last values by key (S8, S9). */
export interface Frame {
  r: string
  e: number
  p: number
  s: number
  d: Row[]
  k?: Record<string, unknown>
  /** With `k`: counter of last values before and after this frame; a hole asks for the whole k-map (S8). */
  kp?: number
  kn?: number
}

export const surfaces = ['desk', 'wall', 'phone'] as const
export const Surface = z.enum(surfaces)
export type Surface = z.infer<typeof Surface>

/** Handshake `auth` of a console socket. Credentials come with the cookie. */
export const Hello = z.object({
  protocol: z.number().check(z.int(), z.minimum(0), z.maximum(1000)),
  surface: Surface,
  build: z.optional(z.string().check(z.maxLength(100))),
  /** Code of the tenant to act in, as `X-Tenant` over HTTP: for platform administrators. */
  tenant: z.optional(z.string().check(z.maxLength(31))),
})
export type Hello = z.infer<typeof Hello>

/**
 * `sub`: a view by name, never a room (S10). `window` asks for ranks from..from+count of a filtered, sorted view, as they
 * are now or as they were in an order held still (`pin`: `now`, or the name the answer gave it); `ids` for a few rows.
 */
export const SubRequest = z.object({
  view: z.string().check(z.maxLength(60)),
  cursor: z.nullable(Cursor),
  /** A room of more rows than this is answered with its counters alone, as a window: its rows are asked for by rank. */
  most: z.optional(z.number().check(z.int(), z.minimum(0), z.maximum(1_000_000))),
  ids: z.optional(z.array(z.string().check(z.maxLength(200))).check(z.minLength(1), z.maxLength(100))),
  window: z.optional(
    z.object({
      filter: z.record(z.string().check(z.maxLength(60)), z.unknown()),
      sort: z.string().check(z.maxLength(60)),
      from: z.number().check(z.int(), z.minimum(0), z.maximum(1_000_000)),
      count: z.number().check(z.int(), z.minimum(1), z.maximum(200)),
      pin: z.optional(z.string().check(z.maxLength(60))),
    }),
  ),
})
export type SubRequest = z.infer<typeof SubRequest>

/** Answer to `sub` (S11): a compacted delta from the cursor, or the first page of a snapshot cut at `s`. */
export interface SubAnswer {
  r: string
  kind: 'delta' | 'snapshot' | 'window'
  e: number
  s: number
  rows: Row[]
  k: Record<string, unknown>
  /** Counter of the last values in `k` (S8). */
  kn?: number
  /** window only: counter of the last push (S10). */
  n?: number
  /** Server clock, the same as `hb.t`: the answer's round trip bounds how old a heartbeat is (S13). */
  t?: number
  /** Pages still to fetch with `page`, from 1; absent when whole. */
  more?: { cut: string; pages: number }
  /** Rows in the room (or that match the window's filter). */
  total: number
  /** window only: ids in rank order. Of a pin or by id: all of them, also those that are gone. */
  order?: string[]
  pin?: PinState
}

/** An order held still, and what has happened to it since (S10). */
export interface PinState {
  name: string
  /** Rows that match now; `total` beside it is how many did. */
  matching: number
  /** The view's counters over those that match now and did not then; empty: there are none. */
  waiting: Record<string, number>
  /** Matched then and do not now. */
  left: number
  /** The order of now is another one. */
  moved: boolean
}

export interface PageAnswer {
  rows: Row[]
}

/** Refusal of a socket request: same codes as HTTP. `wait` asks to try again after so many ms. */
export interface SocketRefusal {
  code: ErrorCode
  detail: string
  /** Which fields of the request are wrong. */
  errors?: { path: string; message: string }[]
  wait?: number
}

/** Heartbeat every 2 s: last flushed sequence of each room the socket holds, and the server's own health (S13). */
export interface Heartbeat {
  e: number
  heads: Record<string, number>
  /** Counter of the last-value stream per room: a lower held counter asks for the k-map again (S8). */
  k: Record<string, number>
  health: 'live' | 'delayed'
  /** ms: age of the oldest change this node cannot rule out to be missing here; counted into the badge (S13). */
  lag?: number
  /** Server clock, ms; must never go back within a connection (start of the process + monotonic time). */
  t: number
  build: string
}

/** Window push (S10): rank order and rows changed since the last push of this window; computed once per distinct window. */
export interface WindowPush {
  r: string
  n: number
  /** Log position it was computed at: the cursor of the next `sub`, so that a node behind it waits (S11). */
  e?: number
  s?: number
  order?: string[]
  /** In a window of a pin or by id null says that the row is gone; it keeps its place. */
  rows: Row[]
  total: number
  k: Record<string, unknown>
  pin?: PinState
}

export interface Bye {
  why: 'drain' | 'slow' | 'signed-out' | 'protocol'
  /** ms */
  retryAfter: number
}

/** Rooms that this socket may no longer see: drop their rows (S15). `all` after sign-out or a change of tenant. */
export interface Revoke {
  rooms: string[]
  all: boolean
}

/** Who looks at what (S8): sent as last value `presence` of a room. */
export const PresenceUpdate = z.object({
  view: z.string().check(z.maxLength(60)),
  item: z.nullable(z.string().check(z.maxLength(200))),
  act: z.enum(['looking', 'editing']),
})
export type PresenceUpdate = z.infer<typeof PresenceUpdate>

export interface PresenceEntry {
  operator: string
  name: string
  item: string | null
  act: 'looking' | 'editing'
}

export interface ServerToClient {
  f: (frame: Frame) => void
  w: (push: WindowPush) => void
  hb: (heartbeat: Heartbeat) => void
  bye: (bye: Bye) => void
  revoke: (revoke: Revoke) => void
}

export interface ClientToServer {
  sub: (request: unknown, ack: (answer: SubAnswer | SocketRefusal) => void) => void
  page: (request: unknown, ack: (answer: PageAnswer | SocketRefusal) => void) => void
  unsub: (room: unknown) => void
  presence: (update: unknown) => void
  visibility: (hidden: unknown) => void
  ping2: (ack: () => void) => void
}

export const PageRequest = z.object({
  view: z.string().check(z.maxLength(60)),
  cut: z.string().check(z.maxLength(100)),
  page: z.number().check(z.int(), z.minimum(1), z.maximum(100_000)),
})
export type PageRequest = z.infer<typeof PageRequest>

/**
 * A live list as both sides know it: rows, pure predicate, named orders, counters (S10).
 * Declared by a room's contract; the server keeps it hot, the browser filters what it holds with the same code.
 */
export interface ViewContract<T, F> {
  /** Also the noun: collection, URL and permission prefix. */
  name: string
  permission: Permission
  filter: z.ZodMiniType<F>
  matches(row: T, filter: F): boolean
  orders: Record<string, Order<T>>
  defaultOrder: string
  /** Last values shown beside the list, e.g. counts by severity; computed over the whole room at most once a second. */
  counters(rows: Iterable<T>): Record<string, number>
}

/** Declared as methods are: a view may be handed on with its row type closed over. */
type Order<T> = { compare(a: T, b: T): number }['compare']

export function defineView<T, F>(view: ViewContract<T, F>): ViewContract<T, F> {
  return view
}
