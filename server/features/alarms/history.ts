/** Finished episodes, newest first, by exact ids on any database. */
import type { Db } from 'mongodb'
import { History, type HistoryAsk, type HistoryPage as Page } from '../../core/history.ts'
import { HistoryDocs, type HistoryDoc } from './model.ts'

export type HistoryPage = Page<HistoryDoc>

export const history = new History<HistoryDoc>(HistoryDocs)
export const historyCollections = [HistoryDocs, ...history.collections]

export const storeFinished = (db: Db, finished: readonly HistoryDoc[]) => history.store(db, finished)
export const readHistory = (db: Db, ask: HistoryAsk<HistoryDoc>) => history.read(db, ask)
