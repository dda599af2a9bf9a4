/** Where the line of acts outlives the page: IndexedDB, shared by pages and the service worker; each change is one transaction. */
import { Queued, type Line } from './outbox.ts'

export interface LineStore {
  /** `step` may be called while others change the line too: it gets the line as it is by then. */
  change: (step: (line: Line) => Line) => Promise<Line>
}

const table = 'acts'

export class DurableLine implements LineStore {
  readonly #name: string
  #opened: Promise<IDBDatabase> | null = null

  constructor(name = 'deskwatch') {
    this.#name = name
  }

  async change(step: (line: Line) => Line): Promise<Line> {
    const database = await (this.#opened ??= this.#open())
    return new Promise((resolve, reject) => {
      const transaction = database.transaction(table, 'readwrite', { durability: 'strict' })
      const acts = transaction.objectStore(table)
      const reading: IDBRequest<unknown[]> = acts.getAll()
      let after: Line = []
      reading.onsuccess = () => {
        const before = reading.result.flatMap((stored) => Queued.safeParse(stored).data ?? [])
        after = step(before)
        const kept = new Set(after)
        const keys = new Set(after.map(({ key }) => key))
        for (const act of before) {
          if (!keys.has(act.key)) acts.delete(act.key)
          else kept.delete(act)
        }
        for (const act of kept) acts.put(act)
      }
      transaction.oncomplete = () => resolve(after.toSorted((a, b) => a.n - b.n))
      transaction.onabort = () => reject(transaction.error ?? new Error('the queue of acts could not be changed'))
    })
  }

  #open(): Promise<IDBDatabase> {
    const opening = indexedDB.open(this.#name, 1)
    return new Promise((resolve, reject) => {
      opening.onupgradeneeded = () => opening.result.createObjectStore(table, { keyPath: 'key' })
      opening.onsuccess = () => {
        // The browser may close it under storage pressure; then it is opened anew.
        opening.result.onclose = () => (this.#opened = null)
        resolve(opening.result)
      }
      opening.onerror = () => {
        this.#opened = null
        reject(opening.error ?? new Error('the queue of acts could not be opened'))
      }
    })
  }
}

/** Where storage is blocked: acts are sent all the same, but do not outlive the page. */
export class FleetingLine implements LineStore {
  #line: Line = []

  change(step: (line: Line) => Line): Promise<Line> {
    this.#line = step(this.#line)
    return Promise.resolve(this.#line)
  }
}
