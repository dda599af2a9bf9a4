/** Ended orders that left the live list: newest first, by exact ids on any database. */
import type { Db } from 'mongodb'
import type { Core } from '../../core/core.ts'
import { documents } from '../../core/mongo.ts'
import { History, type HistoryAsk } from '../../core/history.ts'
import type { Collection } from '../../core/feature.ts'
import { forgetLogs } from './logs.ts'
import { OrderDocs, type OrderDoc } from './model.ts'
import { changeOrder } from './service.ts'

export type PastOrder = Omit<OrderDoc, 'endedAt'> & { endedAt: number }

const PastOrders: Collection = { noun: 'work-order-history', hot: false }
const history = new History<PastOrder>(PastOrders)
export const historyCollections = [PastOrders, ...history.collections]

export const readPastOrders = (db: Db, ask: HistoryAsk<PastOrder>) => history.read(db, ask)

export const readPastOrder = (db: Db, id: string) => documents<PastOrder>(db, PastOrders.noun).findOne({ _id: id })

/** Stored first, then gone from the live list: in between it is in both, never in neither. */
export async function archive(core: Core, ids: readonly string[]): Promise<void> {
  const ended = ids.flatMap((id) => {
    const doc = core.views.get(OrderDocs, id)
    return doc && !doc.gone && doc.endedAt !== null && !doc.holder && !doc.unsettled
      ? [{ ...doc, endedAt: doc.endedAt }]
      : []
  })
  await history.store(core.db, ended)
  for (const doc of ended) {
    // A failed one that was asked for again meanwhile lives on.
    await changeOrder(core, doc, (now) => (now.v === doc.v ? { ...now, gone: true } : null))
  }
}

/** Orders of that day with their logs. Answers how many. */
export async function forgetDay(db: Db, tenant: string, day: number): Promise<number> {
  return history.forgetDay(db, tenant, day, async (ids) => {
    for (const id of ids) {
      const order = await readPastOrder(db, id)
      if (order) await forgetLogs(db, order)
    }
  })
}
