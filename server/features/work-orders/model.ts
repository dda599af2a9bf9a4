/** What is stored of work orders: the live document, its log in numbered chunks, who works on which thing. */
import { createHash } from 'node:crypto'
import type { Collection, Doc } from '../../core/feature.ts'
import type { Link, OrderError, OrderState, OrderStep } from './contract.ts'

/** A file that a finished step left for the next ones: path within DATA_DIR/work. */
export interface Made {
  path: string
  bytes: number
  sha256: string
}

export interface StoredStep extends OrderStep {
  /** What the step answered: small, read by later steps and by the room that owns the work. */
  output: Record<string, unknown> | null
  made: Made[]
  /** Fingerprint of what it read; when it differs at a re-execution the step runs again. */
  inputs: string | null
}

export interface Attempt {
  n: number
  state: 'failed' | 'cancelled' | 'succeeded'
  startedAt: number | null
  endedAt: number | null
  error: OrderError | null
  warnings: number
  steps: OrderStep[]
}

/** Who runs it: gone with the worker's own lease (core/leases.ts). */
export interface Holder {
  worker: string
  /** Grows with every taking: a write under an older one is refused. */
  fence: number
}

export interface OrderDoc extends Doc {
  type: string
  number: string
  state: OrderState
  subject: Link | null
  links: Link[]
  /** The kind's input, as parsed. */
  input: Record<string, unknown>
  /** One order at a time holds this key, e.g. `acme:disk:pc-1`; null: it shares with all. */
  lock: string | null
  createdBy: string
  createdById: string
  createdAt: number
  attempt: number
  /** Workers that died under it since a person last asked for it. */
  interruptions: number
  steps: StoredStep[]
  /** Ended ones, the oldest first. */
  attempts: Attempt[]
  warnings: string[]
  error: OrderError | null
  startedAt: number | null
  endedAt: number | null
  /** null: nobody runs it. Of a cancelled order it stays until its process has ended. */
  holder: Holder | null
  fence: number
  /** A batch act that has not decided yet (all or nothing): by which command of which node. */
  hold: { command: string; node: string } | null
  /** A person asked for it again and the room that owns the work was not told yet: until then it does not run. */
  resuming?: boolean
  /** It ended and the room that owns the work was not told yet. */
  unsettled: boolean
  /** Chunks and bytes of each attempt's log. */
  logs: { attempt: number; chunks: number; bytes: number; truncated: boolean }[]
}

export const OrderDocs: Collection<OrderDoc> = {
  noun: 'work-orders',
  hot: true,
  indexes: [{ key: { tenant: 1, state: 1 } }, { key: { tenant: 1, createdAt: -1 } }],
}

export const LogChunks: Collection = { noun: 'work-order-logs', hot: false }

/** `_id` is the lock key: the database itself lets one order in. */
export interface OrderLock {
  _id: string
  v: number
  order: string
  fence: number
}
export const OrderLocks: Collection = { noun: 'work-order-locks', hot: false }

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Readable and sortable; the same command makes the same number, so a redo makes no second order. */
export function orderNumber(type: string, at: number, seed: string): string {
  const stamp = new Date(at).toISOString().replace(/\D/g, '').slice(0, 14)
  const bytes = createHash('sha256').update(`${type} ${seed}`).digest().subarray(0, 6)
  const tail = [...bytes].map((byte) => alphabet[byte % 32]).join('')
  return `WO-${stamp}-${type}-${tail}`
}

export const orderId = (tenant: string, number: string) => `${tenant}:${number}`

export const freshSteps = (names: readonly string[]): StoredStep[] =>
  names.map((name) => ({
    name,
    state: 'pending',
    percent: 0,
    bytesDone: null,
    bytesTotal: null,
    startedAt: null,
    endedAt: null,
    kept: false,
    output: null,
    made: [],
    inputs: null,
  }))
