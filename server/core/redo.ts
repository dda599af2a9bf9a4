/** What a dead node left open is taken up again under its own command ids (S2). */
import { granted } from '#wire'
import type { Ctx, Operation } from './feature.ts'
import type { CommandRecord } from './journal.ts'
import { documents } from './mongo.ts'
import { answerOf, doneWhenPublished, isOutage, refusalAnswer, settle, settleFault, type Door } from './outcome.ts'
import { refused } from './problems.ts'

/** Commands that a dead node left open are decided again under their own id: done stays done, the rest is done now. */
export async function redoCommands(operations: readonly Operation[], door: Door, incarnation: string): Promise<number> {
  const open = await door.journal.openOf(incarnation)
  for (const record of open) {
    if (record.outcome) await tellAgain(record, door)
    else await redo(operations, door, record)
  }
  return open.length
}

/** An outcome that is stored stands; what it changed may still be missing from the log. */
async function tellAgain(record: CommandRecord, door: Door): Promise<void> {
  for (const [noun, ids] of Map.groupBy(record.touched, ([noun]) => noun)) {
    const docs = await documents(door.core.db, noun)
      .find({ _id: { $in: ids.map(([, id]) => id) } })
      .toArray()
    door.core.changes.republish({ noun, hot: true }, docs)
  }
  await doneWhenPublished(record._id, door)
}

async function redo(operations: readonly Operation[], door: Door, record: CommandRecord): Promise<void> {
  const operation = operations.find(({ method, path }) => `${method} ${path}` === record.route)
  const prepared = operation && record.input !== null ? operation.prepare(record.input) : null
  const permissions = new Set(record.role ? granted[record.role] : [])
  const ctx: Ctx = {
    ...record,
    command: record._id,
    permissions,
    now: record.at,
    touched: [],
    again: true,
    core: door.core,
  }
  if (!operation || !prepared || 'errors' in prepared) {
    // Not provable (its secrets were never stored): never answered as done.
    await door.journal.finish(record._id, refusalAnswer(ctx, refused('store.unavailable')), [])
    return
  }
  try {
    await settle(operation, ctx, answerOf(operation, ctx, await prepared.run(ctx)), door)
  } catch (error) {
    if (isOutage(error)) throw error
    door.core.logger.error({ err: error, command: record._id }, 'a command of a dead node fails: it is not tried again')
    await settleFault(ctx, door)
  }
}
