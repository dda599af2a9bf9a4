/** The only way out of a work order: fields by hand, people hidden from roles that need none. */
import type { LiveView } from '../../core/feature.ts'
import { WorkOrders, type OrderDetail, type OrderFilter, type OrderRow, type OrderStep, type Wait } from './contract.ts'
import { OrderDocs, type OrderDoc } from './model.ts'

export function presentOrder(doc: OrderDoc, masked: boolean): OrderRow {
  return {
    id: doc._id,
    number: doc.number,
    type: doc.type,
    state: doc.state,
    stopping: doc.state === 'cancelled' && doc.holder !== null,
    subject: doc.subject,
    links: doc.links,
    step: doc.steps.find(({ state }) => state !== 'succeeded')?.name ?? null,
    stepsDone: doc.steps.filter(({ state }) => state === 'succeeded').length,
    steps: doc.steps.length,
    percent: overall(doc),
    attempt: doc.attempt,
    interruptions: doc.interruptions,
    warnings: doc.warnings.length,
    error: doc.error,
    createdBy: masked ? null : doc.createdBy,
    createdAt: doc.createdAt,
    startedAt: doc.startedAt,
    endedAt: doc.endedAt,
  }
}

/** Each step counts alike; 100 only with `succeeded`. */
function overall({ state, steps }: OrderDoc): number {
  if (state === 'succeeded') return 100
  if (steps.length === 0) return 0
  const sum = steps.reduce((all, step) => all + (step.state === 'succeeded' ? 100 : step.percent), 0)
  return Math.min(99, Math.floor(sum / steps.length))
}

export const presentStep = (step: OrderStep): OrderStep => ({
  name: step.name,
  state: step.state,
  percent: step.percent,
  bytesDone: step.bytesDone,
  bytesTotal: step.bytesTotal,
  startedAt: step.startedAt,
  endedAt: step.endedAt,
  kept: step.kept,
})

export function presentDetail(doc: OrderDoc, masked: boolean, wait: Wait | null): OrderDetail {
  return {
    ...presentOrder(doc, masked),
    v: doc.v,
    wait,
    stepList: doc.steps.map(presentStep),
    attempts: doc.attempts,
    warningList: doc.warnings,
  }
}

export const OrderView: LiveView<OrderDoc, OrderRow, OrderFilter> = {
  contract: WorkOrders,
  collection: OrderDocs,
  present: (doc, masked) => (doc.gone ? null : presentOrder(doc, masked)),
  onWalls: true,
}
