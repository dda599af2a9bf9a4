/** `reports set-aside` lists accepted reports that could not be folded; `reports put-back` has them folded again. */
import { listAside, putBack } from '../features/alarms/set-aside.ts'
import type { House } from './house.ts'

export async function setAside({ core }: House, tenant?: string): Promise<string> {
  const docs = await listAside(core.db, tenant)
  if (docs.length === 0) return 'No report is set aside.'
  return docs
    .map(
      ({ at, alarm, batch, reports, error }) =>
        `${new Date(at).toISOString()} ${alarm} ${reports.length} reports of ${batch}: ${error.split('\n')[0]}`,
    )
    .join('\n')
}

export async function putBackAll({ core }: House, tenant?: string): Promise<string> {
  const docs = await listAside(core.db, tenant)
  const batches = [...Map.groupBy(docs, ({ batch }) => batch).values()]
  let reports = 0
  let waiting = 0
  for (const batch of batches) {
    const count = batch.reduce((sum, doc) => sum + doc.reports.length, 0)
    if (await putBack(core.db, batch)) reports += count
    else waiting += count
  }
  const later = waiting ? ` ${waiting} belong to a batch that is not done with: try again.` : ''
  return `${reports} reports are back in the journal; a running server folds them within seconds.${later}`
}
