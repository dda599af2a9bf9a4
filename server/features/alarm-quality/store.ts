/** Minutes and hours in the database, always by exact ids. */
import type { Db } from 'mongodb'
import { documents } from '../../core/mongo.ts'
import type { Hour } from './kpis.ts'
import { hourId, minuteId, ROLLUPS, type HourDoc, type MinuteDoc } from './model.ts'
import { hourMs, minuteMs, type Rollup } from './rollup.ts'

const atOnce = 300

export async function readMinutes(
  db: Db,
  tenant: string,
  minutes: readonly number[],
): Promise<{ minute: number; rollup: Rollup }[]> {
  const found = await byIds<MinuteDoc>(
    db,
    minutes.map((minute) => minuteId(tenant, minute)),
  )
  return minutes.flatMap((minute) => {
    const rollup = found.get(minuteId(tenant, minute))
    return rollup ? [{ minute, rollup }] : []
  })
}

export async function readHours(db: Db, tenant: string, hours: readonly number[]): Promise<HourDoc[]> {
  const ids = hours.map((hour) => hourId(tenant, hour))
  const found = await byIds<HourDoc>(db, ids)
  return ids.flatMap((id) => found.get(id) ?? [])
}

/** The same again replaces itself. */
export async function storeMinutes(
  db: Db,
  tenant: string,
  minutes: readonly { minute: number; rollup: Rollup }[],
): Promise<void> {
  await replaceAll(
    db,
    minutes.map(({ minute, rollup }) => ({ ...rollup, _id: minuteId(tenant, minute), v: 1 })),
  )
}

export async function storeHours(db: Db, tenant: string, hours: readonly Hour[]): Promise<void> {
  await replaceAll(
    db,
    hours.map((hour) => ({ ...hour, _id: hourId(tenant, hour.at / hourMs), v: 1 })),
  )
}

const minutesKeptHours = 3
const daysBackHours = 24

/** Minutes serve the last hours only, hours as long as history. What an outage left is found for a day. */
export async function forgetRollups(db: Db, tenant: string, now: number, keepDays: number): Promise<void> {
  const current = Math.floor(now / hourMs)
  const perHour = hourMs / minuteMs
  const firstMinute = (current - minutesKeptHours - daysBackHours) * perHour
  const minutes = Array.from({ length: daysBackHours * perHour }, (_, index) => minuteId(tenant, firstMinute + index))
  const firstHour = current - (keepDays + 2) * 24
  const hours = Array.from({ length: 48 }, (_, index) => hourId(tenant, firstHour + index))
  const ids = [...minutes, ...hours]
  for (let from = 0; from < ids.length; from += atOnce)
    await documents<MinuteDoc>(db, ROLLUPS).deleteMany({ _id: { $in: ids.slice(from, from + atOnce) } })
}

async function byIds<D extends MinuteDoc | HourDoc>(db: Db, ids: readonly string[]): Promise<Map<string, D>> {
  const found = new Map<string, D>()
  for (let from = 0; from < ids.length; from += atOnce) {
    const docs = await documents<MinuteDoc | HourDoc>(db, ROLLUPS)
      .find({ _id: { $in: ids.slice(from, from + atOnce) } })
      .toArray()
    // An id says by its letter which of the two it is.
    for (const doc of docs) found.set(doc._id, doc as D)
  }
  return found
}

async function replaceAll(db: Db, docs: readonly (MinuteDoc | HourDoc)[]): Promise<void> {
  if (docs.length === 0) return
  await documents<MinuteDoc | HourDoc>(db, ROLLUPS).bulkWrite(
    docs.map(({ _id, ...rest }) => ({ replaceOne: { filter: { _id }, replacement: rest, upsert: true } })),
    { ordered: true },
  )
}
