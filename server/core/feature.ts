/** What a room registers with the house: collections, live views, commands, queries, ingest, schedules. */
import type { Express, Router } from 'express'
import type * as z from 'zod/mini'
import type { ErrorCode, Permission, Role, ViewContract } from '#wire'
import type { Core } from './core.ts'
import type { Described } from './openapi.ts'
import type { OrderKind } from './order-kind.ts'

/** Every stored document of a live noun. `_id` begins with the tenant: `acme:…`. */
export interface Doc {
  _id: string
  v: number
  tenant: string
  gone?: boolean
  /** When it was last written, ms; set by the write path. */
  writtenAt?: number
  /** Ids of the last 8 commands that changed it (S2). */
  commands?: string[]
}

export interface Collection<D extends Doc = Doc> {
  /** Collection and noun, plural kebab-case. */
  noun: string
  /** Kept whole in memory on every node (S5). */
  hot: boolean
  /** Secondary indexes for production databases; nothing on the request path may rely on them. */
  indexes?: { key: Record<string, 1 | -1>; unique?: boolean }[]
  /** Type carrier only. */
  readonly shape?: D
}

/** A live view over a hot collection: the presenter is the only way out (its fields listed by hand). */
export interface LiveView<D extends Doc, T, F> {
  contract: ViewContract<T, F>
  collection: Collection<D>
  /** null: not in this view (e.g. a finished episode). `masked`: the role may not see people. */
  present(doc: D, masked: boolean): T | null
  /** The one operator who sees the row (S10); follows from the document's key and never changes. Absent: the tenant. */
  audience?(doc: D): string
  /** A display may hold it too; it holds nothing else. */
  onWalls?: true
}

/** A view with its types closed over: the house never looks inside a row. */
export type AnyView = LiveView<Doc, object, unknown>

export interface Actor {
  kind: 'operator' | 'token' | 'agent' | 'display' | 'system'
  id: string
  name: string
}

/** One document that a command changed: what the audit trail tells. */
export interface Touched {
  noun: string
  id: string
  before: Doc | null
  after: Doc
}

/** Made once per request, job or socket; tests pass a literal. */
export interface Ctx {
  tenant: string
  actor: Actor
  role: Role | null
  permissions: ReadonlySet<Permission>
  /** Command id: tenant + idempotency key. */
  command: string
  trace: string
  /** ms, server clock */
  now: number
  language: 'zh-CN' | 'en'
  /** Where the caller is, for the audit trail. */
  address: string
  /** `If-Match`: the version that the act was decided on; another one by now refuses it (412). */
  expected?: number
  /** Filled by Changes.each and Changes.create. */
  touched?: Touched[]
  /** A redo: its views may not know what the dead node wrote, so documents are read back first. */
  again?: boolean
  core: Core
}

/** An expected refusal: 4xx, never paged. */
export interface Refusal {
  refused: ErrorCode
  params?: Record<string, unknown>
  current?: unknown
  errors?: { path: string; message: string }[]
}

export interface CommandDef<I, O> {
  kind: 'command'
  /** e.g. 'POST /alarms/actions/acknowledge'; express style parameters. */
  route: string
  summary: string
  input: z.ZodMiniType<I>
  output: z.ZodMiniType<O>
  /** 'public' needs no session; 'session' needs one but no right of its own. */
  permission: Permission | 'public' | 'session'
  /** Fields that must not reach audit or journal (passwords, secrets). */
  secret?: readonly (keyof I & string)[]
  /** Answers 201. */
  creates?: boolean
  /** Fields of the answer that are shown once and never stored: a repeated command answers them as null. */
  once?: readonly string[]
  /** Refusals beside those that every command knows: told in the OpenAPI document. */
  errors?: readonly ErrorCode[]
  run: (ctx: Ctx, input: I) => Promise<O | Refusal>
}

export interface QueryDef<I, O> {
  kind: 'query'
  route: string
  summary: string
  input: z.ZodMiniType<I>
  output: z.ZodMiniType<O>
  permission: Permission | 'public' | 'session'
  run: (ctx: Ctx, input: I) => Promise<O | Refusal> | O | Refusal
}

/** A command or query with its types closed over: what the door needs to know. */
export interface Operation {
  kind: 'command' | 'query'
  method: 'get' | 'post' | 'delete' | 'patch' | 'put'
  path: string
  summary: string
  input: z.ZodMiniType
  output: z.ZodMiniType
  permission: Permission | 'public' | 'session'
  creates: boolean
  /** Fields of the answer that are never stored. */
  once: readonly string[]
  errors?: readonly ErrorCode[]
  /** Parses, then runs; `stored` is the input without its secrets, null when it has some. */
  prepare: (
    raw: unknown,
  ) => { run: (ctx: Ctx) => Promise<unknown>; stored: unknown } | { errors: { path: string; message: string }[] }
}

/** One owner per clock: runs under a lease on one node, each tick's effect under a deterministic id. */
export interface ScheduleDef {
  name: string
  everyMs: number
  tick: (core: Core) => Promise<void>
}

export interface Feature {
  name: string
  collections: Collection[]
  views: AnyView[]
  operations: Operation[]
  /** Doors that speak a foreign protocol (Prometheus, Alertmanager) or need raw access. */
  routes?: (core: Core, api: Router, app: Express) => void
  /** What `routes` serves, told to the OpenAPI document. */
  described?: Described[]
  schedules?: ScheduleDef[]
  /** Kinds of work orders whose work is this room's. */
  orders?: OrderKind[]
  /** Builds the room's own parts; views are still empty, so listeners miss nothing. */
  assemble?: (core: Core) => void
  /** Redoes what a dead node left open in journals of the room's own (S2). */
  redo?: (incarnation: string) => Promise<void>
  /** Resolves when nothing that was accepted waits any more. */
  drain?: () => Promise<void>
  /** Resolves when, beyond that, nothing is left open in journals of the room's own; waits for the log. */
  settled?: () => Promise<void>
  /** After the views are loaded, before the doors open. */
  start?: (core: Core) => Promise<void>
  stop?: () => Promise<void>
}
