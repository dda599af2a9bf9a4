/**
 * One order at a time on one thing. The dispatcher hands over only what is free; should two dispatchers meet (a clock
 * that just moved), the database itself lets one in: the key is the `_id`.
 */
import type { Core } from '../../core/core.ts'
import { documents, isDuplicate } from '../../core/mongo.ts'
import { untilKnown } from '../../core/until-known.ts'
import { OrderLocks, type Holder, type OrderLock } from './model.ts'
import { readOrder } from './service.ts'

type Parts = Pick<Core, 'db' | 'logger'>
type Mine = Pick<OrderLock, 'order' | 'fence'>

/** To be asked for while the order runs already: who is not running has no claim. */
export async function lock(core: Parts, key: string, mine: Mine): Promise<boolean> {
  return untilKnown(core.logger, 'taking a lock', async () => {
    const standing = await locks(core).findOne({ _id: key })
    if (standing && isSame(standing, mine)) return true
    if (standing && (await isClaimed(core, standing))) return false
    const next = { v: (standing?.v ?? 0) + 1, ...mine }
    try {
      if (!standing) await locks(core).insertOne({ _id: key, ...next })
      else if ((await locks(core).updateOne({ _id: key, v: standing.v }, { $set: next })).matchedCount !== 1)
        return false
      return true
    } catch (error) {
      if (isDuplicate(error)) return false
      throw error
    }
  })
}

/** Left behind, it would be found without a claim. */
export async function unlock(core: Parts, key: string, mine: Mine): Promise<void> {
  await untilKnown(core.logger, 'giving a lock back', async () => {
    const standing = await locks(core).findOne({ _id: key })
    if (standing && isSame(standing, mine)) await locks(core).deleteOne({ _id: key, v: standing.v })
  })
}

async function isClaimed(core: Parts, { order, fence }: OrderLock): Promise<boolean> {
  const holder: Holder | null = (await readOrder(core, order))?.holder ?? null
  return holder?.fence === fence
}

const isSame = (lock: OrderLock, mine: Mine) => lock.order === mine.order && lock.fence === mine.fence

const locks = ({ db }: Parts) => documents<OrderLock>(db, OrderLocks.noun)
