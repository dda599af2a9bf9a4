/** Hot read models (S5): every node keeps the whole of each hot collection in memory; lists never scan the database. */
import type { Collection, Doc } from './feature.ts'

/** Called once per document that changed, with what stood before (null: new). */
export type ViewListener = (collection: Collection, doc: Doc, before: Doc | null) => void

export class Views {
  #byNoun = new Map<string, Map<string, Doc>>()
  #listeners: ViewListener[] = []

  /** The live document, also a tombstone; undefined when unknown. */
  get<D extends Doc>(collection: Collection<D>, id: string): D | undefined {
    return this.#of(collection).get(id)
  }

  /** Documents of one tenant that are not gone. */
  *ofTenant<D extends Doc>(collection: Collection<D>, tenant: string): Generator<D> {
    for (const doc of this.#of(collection).values()) if (doc.tenant === tenant && !doc.gone) yield doc
  }

  *all<D extends Doc>(collection: Collection<D>): Generator<D> {
    for (const doc of this.#of(collection).values()) if (!doc.gone) yield doc
  }

  onChange(listener: ViewListener): void {
    this.#listeners.push(listener)
  }

  /** Takes a document from an acknowledged write, the log or the load; an older version is ignored (S7). */
  take(collection: Collection, doc: Doc): boolean {
    const docs = this.#of(collection)
    const before = docs.get(doc._id) ?? null
    if (before && before.v >= doc.v) return false
    docs.set(doc._id, doc)
    for (const listener of this.#listeners) listener(collection, doc, before)
    return true
  }

  /** Tombstones last written before that moment: nobody can hold what they took away any more (S7). */
  *tombstones<D extends Doc>(collection: Collection<D>, before: number): Generator<D> {
    for (const doc of this.#of(collection).values()) if (doc.gone && (doc.writtenAt ?? 0) < before) yield doc
  }

  /** Forgets a tombstone; a later version that came meanwhile stays. */
  forget(collection: Collection, { _id, v }: Doc): void {
    const docs = this.#of(collection)
    if (docs.get(_id)?.v === v) docs.delete(_id)
  }

  #of<D extends Doc>(collection: Collection<D>): Map<string, D> {
    let docs = this.#byNoun.get(collection.noun)
    if (!docs) this.#byNoun.set(collection.noun, (docs = new Map<string, Doc>()))
    // A noun's map holds that noun's documents only: `take` is the one way in.
    return docs as Map<string, D>
  }
}
