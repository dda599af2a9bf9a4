/**
 * The only write path of live documents (S2): compare-and-set by `{_id, v}` as unordered upserts, a miss read back and
 * decided again, then one log entry. A step whose outcome is unknown is repeated until it is known.
 */
import type { AnyBulkWriteOperation, Db } from 'mongodb'
import type { Logger } from 'pino'
import type { ActResult } from '#wire'
import type { Clock } from './clock.ts'
import type { Changes, Decision, Write, Written } from './core.ts'
import type { Collection, Ctx, Doc, Refusal } from './feature.ts'
import { documents, refusedIndexes } from './mongo.ts'
import { must } from './must.ts'
import { fail, isRefusal, refused, toProblem } from './problems.ts'
import type { Changed, Publisher } from './publisher.ts'
import { untilKnown } from './until-known.ts'
import type { Views } from './views.ts'

/** Also carries the id of the write itself, so that a repeated step knows its own effect. */
interface Stored extends Doc {
  w?: string
}

const rememberedCommands = 8
const mostDecisions = 12

export class WritePath implements Changes {
  readonly #db: Db
  readonly #views: Views
  readonly #publisher: Publisher
  readonly #logger: Logger
  readonly #incarnation: string
  readonly #clock: Pick<Clock, 'now'>
  readonly #tell: Changes['tell']
  readonly #present: (collection: Collection, doc: Doc) => unknown
  #writes = 0

  constructor(parts: {
    db: Db
    views: Views
    publisher: Publisher
    logger: Logger
    incarnation: string
    clock: Pick<Clock, 'now'>
    tell: Changes['tell']
    /** What a caller may see of a document, for a refusal that tells how it stands now. */
    present: (collection: Collection, doc: Doc) => unknown
  }) {
    this.#db = parts.db
    this.#views = parts.views
    this.#publisher = parts.publisher
    this.#logger = parts.logger
    this.#incarnation = parts.incarnation
    this.#clock = parts.clock
    this.#tell = parts.tell
    this.#present = parts.present
  }

  async write(writes: Write[]): Promise<Written[]> {
    const results: (Written | undefined)[] = writes.map(() => undefined)
    const byNoun = Map.groupBy(
      writes.map((write, index) => ({ write, index })),
      ({ write }) => write.collection,
    )
    await Promise.all(
      [...byNoun].map(async ([collection, group]) => {
        const written = await this.#writeCollection(
          collection,
          group.map(({ write }) => write),
        )
        group.forEach(({ index }, position) => (results[index] = written[position]))
      }),
    )
    const settled = results.map((result) => must(result, 'every write has a result'))
    const changed: Changed[] = []
    settled.forEach((result, index) => {
      const { collection } = must(writes[index], 'results are parallel to writes')
      if (result.ok) this.#views.take(collection, result.doc)
      const stands = result.ok ? result.doc : result.current
      // What beat us is committed, and its writer may have died before it could tell: then nobody else will.
      if (stands) changed.push([collection.noun, stands])
    })
    if (changed.length) this.#publisher.publish(changed)
    return settled
  }

  async each<D extends Doc>(
    ctx: Ctx,
    collection: Collection<D>,
    ids: readonly string[],
    decide: (doc: D) => Decision<D>,
    prepare?: (pairs: readonly { before: D; next: D }[]) => Promise<void>,
  ): Promise<ActResult[]> {
    const results = new Map<string, ActResult>()
    let open = await Promise.all(
      [...new Set(ids)].map(async (id) => ({ id, doc: await this.#standing(ctx, collection, id) })),
    )
    for (let round = 0; open.length > 0; round++) {
      if (round === mostDecisions) fail('store.unavailable', {}, 1)
      const writes: { id: string; base: number; doc: D; before: D | null }[] = []
      for (const { id, doc } of open) {
        const outcome = this.#decideOne(ctx, collection, doc, decide)
        if ('result' in outcome) results.set(id, { id, ...outcome.result })
        else writes.push({ id, before: doc, ...outcome })
      }
      if (prepare) await prepare(writes.flatMap(({ before, doc }) => (before ? [{ before, next: doc }] : [])))
      const written = await this.write(writes.map(({ doc, base }) => ({ collection, doc, base })))
      open = []
      written.forEach((result, index) => {
        const { id } = must(writes[index], 'results are parallel to writes')
        if (result.ok) {
          results.set(id, { id, ok: true, changed: true, v: result.doc.v })
          ctx.touched?.push({
            noun: collection.noun,
            id,
            before: must(writes[index], 'parallel').before,
            after: result.doc,
          })
        }
        // The collection holds documents of its own shape only.
        else open.push({ id, doc: result.current as D | null })
      })
    }
    return ids.map((id) => must(results.get(id), 'every id has a result'))
  }

  async create<D extends Doc>(ctx: Ctx, collection: Collection<D>, doc: Omit<D, 'v'>): Promise<D | null> {
    let current: Doc | null = await this.#standing(ctx, collection, doc._id)
    for (let round = 0; round < mostDecisions; round++) {
      // Omit over a generic loses what was put back: `v` completes the document.
      const next = { ...doc, v: 0, commands: [ctx.command] } as unknown as D
      if (current && !current.gone) {
        if (!current.commands?.includes(ctx.command)) return null
        this.republish(collection, [current])
        return current as D
      }
      const [result] = await this.write([{ collection, doc: next, base: current?.v ?? 0 }])
      const settled = must(result, 'one write has one result')
      if (settled.ok) {
        ctx.touched?.push({ noun: collection.noun, id: doc._id, before: null, after: settled.doc })
        return settled.doc as D
      }
      current = settled.current
    }
    return fail('store.unavailable', {}, 1)
  }

  tell(tenant: string, view: string, key: string, value: unknown): void {
    this.#tell(tenant, view, key, value)
  }

  republish(collection: Collection, docs: readonly Doc[]): void {
    if (docs.length) this.#publisher.publish(docs.map((doc) => [collection.noun, doc]))
  }

  async published(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), ms).unref()))
    try {
      return await Promise.race([this.#publisher.drained().then(() => true), late])
    } finally {
      clearTimeout(timer)
    }
  }

  async #standing<D extends Doc>(ctx: Ctx, collection: Collection<D>, id: string): Promise<D | null> {
    // The collection holds documents of its own shape only.
    return ctx.again
      ? ((await this.#readBack(collection.noun, id)) as D | null)
      : (this.#views.get(collection, id) ?? null)
  }

  #decideOne<D extends Doc>(
    ctx: Ctx,
    collection: Collection<D>,
    doc: D | null,
    decide: (doc: D) => Decision<D>,
  ): { result: Omit<ActResult, 'id'> } | { doc: D; base: number } {
    if (!doc || doc.tenant !== ctx.tenant) return { result: this.#refuse(ctx, refused('request.not-found')) }
    if (doc.commands?.includes(ctx.command)) {
      // Redo: the effect is there already; whoever waits for it must still see it.
      this.republish(collection, [doc])
      ctx.touched?.push({ noun: collection.noun, id: doc._id, before: doc, after: doc })
      return { result: { ok: true, changed: true, v: doc.v } }
    }
    if (doc.gone) return { result: this.#refuse(ctx, refused('request.not-found')) }
    if (ctx.expected !== undefined && ctx.expected !== doc.v) {
      const current = this.#present(collection, doc)
      return { result: this.#refuse(ctx, refused('version.conflict', { params: { v: doc.v }, current })) }
    }
    const decision = decide(doc)
    if (isRefusal(decision)) return { result: this.#refuse(ctx, decision) }
    if ('same' in decision) return { result: { ok: true, changed: false, v: doc.v } }
    const commands = [...(doc.commands ?? []), ctx.command].slice(-rememberedCommands)
    return { doc: { ...decision.next, commands }, base: doc.v }
  }

  #refuse(ctx: Ctx, refusal: Refusal): Omit<ActResult, 'id'> {
    return {
      ok: false,
      problem: toProblem(refusal, ctx.language, ctx.trace),
      ...(refusal.current !== undefined && { current: refusal.current }),
    }
  }

  async #writeCollection(collection: Collection, writes: Write[]): Promise<Written[]> {
    const stored: Stored[] = writes.map(({ doc, base }) => ({
      ...doc,
      v: base + 1,
      w: `${this.#incarnation}:${this.#writes++}`,
      writtenAt: this.#clock.now(),
    }))
    const lost = await this.#untilKnown(
      collection.noun,
      writes.map((write, index) => operation(write, must(stored[index], 'parallel'))),
    )
    const current = new Map(
      await Promise.all(
        [...lost].map(async (index): Promise<[number, Stored | null]> => {
          const found = await this.#readBack(collection.noun, must(stored[index], 'parallel')._id)
          return [index, found]
        }),
      ),
    )
    return stored.map((doc, index) => {
      const found = current.get(index)
      if (found === undefined || found?.w === doc.w) return { ok: true, doc }
      return { ok: false, current: found }
    })
  }

  /** Indexes that lost their race. The whole step may be repeated: it is idempotent by `w`. */
  async #untilKnown(noun: string, operations: AnyBulkWriteOperation<Stored>[]): Promise<Set<number>> {
    return untilKnown(this.#logger, `writing ${noun}`, async () => {
      try {
        await documents<Stored>(this.#db, noun).bulkWrite(operations, { ordered: false })
        return new Set()
      } catch (error) {
        const lost = refusedIndexes(error)
        if (lost) return lost
        throw error
      }
    })
  }

  async #readBack(noun: string, id: string): Promise<Stored | null> {
    const found = await untilKnown(this.#logger, `reading ${noun}`, () =>
      documents<Stored>(this.#db, noun).findOne({ _id: id }),
    )
    // The driver's type adds its own wrapper around our own shape.
    return found
  }
}

function operation(write: Write, doc: Stored): AnyBulkWriteOperation<Stored> {
  if (write.base === 0) return { insertOne: { document: doc } }
  const { _id, ...fields } = doc
  return { replaceOne: { filter: { _id, v: write.base }, replacement: fields, upsert: true } }
}
