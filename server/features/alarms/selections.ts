/** Everything a filter matches, fixed at the moment of asking: bulk acts on it do what was shown, not what came later. */
import * as z from 'zod/mini'
import { defineCommand } from '../../core/command.ts'
import { digest } from '../../core/digest.ts'
import type { Core } from '../../core/core.ts'
import type { Ctx, Refusal } from '../../core/feature.ts'
import { rowsOf, seesMasked } from '../../core/lists.ts'
import { documents, isDuplicate } from '../../core/mongo.ts'
import { refused } from '../../core/problems.ts'
import { TenantDocs } from '../../core/tenants.ts'
import { untilKnown } from '../../core/until-known.ts'
import { AlarmFilter, alarmMatches, severities, type Severity } from './contract.ts'
import { AlarmView } from './row.ts'

interface SelectionDoc {
  _id: string
  v: number
  tenant: string
  operator: string
  at: number
  ids: string[]
  bySeverity: Record<Severity, number>
}

export const SELECTIONS = 'alarm-selections'
const mostSelected = 20_000
const hourMs = 3600_000
const usableMs = hourMs
const hoursLookedAt = 7 * 24
/** Longer than an act may wait for its redo. */
const keptMs = 24 * hourMs

const Selection = z.object({ id: z.string(), count: z.number(), bySeverity: z.record(z.string(), z.number()) })

export const select = defineCommand({
  route: 'POST /alarm-selections',
  summary: 'Fix what a filter matches now, for one’s own bulk acts within the hour',
  permission: 'alarms:triage',
  input: z.strictObject({ filter: z.strictObject(AlarmFilter.shape) }),
  output: Selection,
  creates: true,
  async run(ctx, { filter }) {
    const selection = { ...matching(ctx, filter), _id: selectionId(ctx), v: 1, tenant: ctx.tenant }
    if (selection.ids.length > mostSelected)
      return refused('selection.too-large', { params: { count: selection.ids.length, most: mostSelected } })
    return present(await keep(ctx, { ...selection, operator: ctx.actor.id, at: ctx.now }))
  },
})

/** Foreign, unknown and expired ones are all missing. */
export async function selected(ctx: Ctx, id: string): Promise<string[] | Refusal> {
  const found = await documents<SelectionDoc>(ctx.core.db, SELECTIONS).findOne({ _id: id })
  if (!found || found.tenant !== ctx.tenant || found.operator !== ctx.actor.id || found.at < ctx.now - usableMs)
    return refused('request.not-found')
  return found.ids
}

/** By exact ids, hour by hour; looks further back than a clock is ever away. */
export async function forgetSelections({ db, clock, views }: Pick<Core, 'db' | 'clock' | 'views'>): Promise<void> {
  const last = clock.now() - keptMs
  const hours = Array.from({ length: hoursLookedAt }, (_, back) => last - (back + 1) * hourMs)
  const ids = [...views.all(TenantDocs)].flatMap(({ tenant }) => hours.map((at) => hourId(tenant, at)))
  const found = await documents<HourDoc>(db, SELECTIONS)
    .find({ _id: { $in: ids } })
    .toArray()
  for (const { _id, selections } of found)
    await documents(db, SELECTIONS).deleteMany({ _id: { $in: [...selections, _id] } })
}

/** Which selections an hour made: written before them, so that each is found again. */
interface HourDoc {
  _id: string
  v: number
  selections: string[]
}
const hourId = (tenant: string, at: number) => `${tenant}:hour:${Math.floor(at / hourMs)}`

/** Made of the command, so that its redo finds what was fixed the first time. */
const selectionId = ({ tenant, command }: Ctx) => `${tenant}:selection:${digest([command])}`

function matching(ctx: Ctx, filter: AlarmFilter): Pick<SelectionDoc, 'ids' | 'bySeverity'> {
  const ids: string[] = []
  const bySeverity: Record<Severity, number> = { critical: 0, high: 0, medium: 0, low: 0 }
  for (const row of rowsOf(ctx.core, AlarmView, ctx.tenant, seesMasked(ctx.role))) {
    if (!alarmMatches(row, filter)) continue
    ids.push(row.id)
    bySeverity[row.severity]++
  }
  return { ids, bySeverity }
}

async function keep(ctx: Ctx, selection: SelectionDoc): Promise<SelectionDoc> {
  const selections = documents<SelectionDoc>(ctx.core.db, SELECTIONS)
  return untilKnown(ctx.core.logger, 'keeping a selection', async () => {
    await documents<HourDoc>(ctx.core.db, SELECTIONS).updateOne(
      { _id: hourId(selection.tenant, selection.at) },
      { $addToSet: { selections: selection._id }, $set: { v: 1 } },
      { upsert: true },
    )
    try {
      await selections.insertOne(selection)
      return selection
    } catch (error) {
      if (!isDuplicate(error)) throw error
      return (await selections.findOne({ _id: selection._id })) ?? selection
    }
  })
}

const present = ({ _id, ids, bySeverity }: SelectionDoc) => ({
  id: _id,
  count: ids.length,
  bySeverity: Object.fromEntries(severities.map((severity) => [severity, bySeverity[severity]])),
})
