/** Keeps the planned shifts ahead of time, and tells whoever begins to be on call. */
import type { Core, Write } from '../../core/core.ts'
import { Due } from '../../core/due.ts'
import { OperatorDocs } from '../../core/tenants.ts'
import { notify } from '../notifications/service.ts'
import type { Shift } from './contract.ts'
import { onCall, ScheduleDocs, type ScheduleDoc } from './model.ts'
import { planShifts, type NameOf } from './plan.ts'

export class Roster {
  readonly #core: Core
  readonly #due = new Due()

  constructor(core: Core) {
    this.#core = core
    core.views.onChange((collection, doc, before) => {
      // Nouns name one shape each.
      if (collection.noun === ScheduleDocs.noun) this.#due.set(doc._id, endOf(doc as ScheduleDoc))
      // A name or an account changed: who may be called is planned anew.
      if (collection.noun === OperatorDocs.noun && before)
        for (const schedule of core.views.ofTenant(ScheduleDocs, doc.tenant)) this.#due.set(schedule._id, 0)
    })
  }

  async tick(now: number): Promise<void> {
    for (const id of this.#due.until(now)) {
      const schedule = this.#core.views.get(ScheduleDocs, id)
      if (!schedule || schedule.gone) this.#due.set(id, null)
      else await this.#replan(schedule, now)
    }
  }

  async #replan(schedule: ScheduleDoc, now: number): Promise<void> {
    const next = planned(this.#core, schedule, now)
    const before = schedule.shifts.findLast(({ from }) => from < now)
    const current = onCall(next, now)
    // Told first: when this dies here, the next owner plans and tells again, under the same id.
    if (current && current.operator !== before?.operator) await this.#tell(schedule, current)
    if (JSON.stringify(next.shifts) === JSON.stringify(schedule.shifts)) this.#due.set(schedule._id, endOf(schedule))
    else {
      const write: Write = { collection: ScheduleDocs, doc: next, base: schedule.v }
      await this.#core.changes.write([write])
    }
  }

  async #tell(schedule: ScheduleDoc, shift: Shift): Promise<void> {
    const until = new Intl.DateTimeFormat('sv-SE', {
      timeZone: schedule.rotation.zone,
      dateStyle: 'short',
      timeStyle: 'short',
    }).format(shift.to)
    await notify(this.#core, [
      {
        event: `on-call:${schedule._id}:${shift.from}`,
        kind: 'on-call',
        severity: null,
        params: { schedule: schedule.name, until: `${until} (${schedule.rotation.zone})` },
        link: '/on-call',
        at: shift.from,
        operators: [shift.operator],
      },
    ])
  }
}

const endOf = ({ gone, shifts }: ScheduleDoc) => (gone ? null : (shifts[0]?.to ?? null))

/** Whoever may be called, by name. */
export const nameOf =
  (core: Core, tenant: string): NameOf =>
  (id) => {
    const operator = core.views.get(OperatorDocs, id)
    return operator && !operator.gone && !operator.disabled && operator.tenant === tenant ? operator.name : null
  }

/** Overrides that are over leave; the shifts follow from the rest. */
export function planned(core: Core, schedule: ScheduleDoc, now: number): ScheduleDoc {
  const overrides = schedule.overrides.filter(({ to }) => to > now)
  const kept = { ...schedule, overrides }
  return { ...kept, shifts: planShifts(kept, nameOf(core, schedule.tenant), now) }
}
