/** Windows: their occurrences kept ahead by the clock, their effect on alarms told before and brought about after. */
import type { Core } from '../../core/core.ts'
import type { Ctx } from '../../core/feature.ts'
import { severities } from '../alarms/contract.ts'
import { AlarmDocs, type AlarmDoc, type AlarmService } from '../alarms/service.ts'
import type { Preview, Scope, WindowInput } from './contract.ts'
import { HostsDown } from './hosts-down.ts'
import { WindowDocs, windowId, type WindowDoc } from './model.ts'
import { occurrences } from './occurrences.ts'
import { Reconciler } from './reconcile.ts'
import { covers } from './rules.ts'

const writeAtOnce = 300
const mostExamples = 5

export class WindowService {
  readonly #core: Core
  readonly reconciler: Reconciler

  constructor(core: Core, alarms: () => AlarmService) {
    this.#core = core
    const down = new HostsDown(core.config.HOST_DOWN_TYPES.split(',').map((type) => type.trim()))
    this.reconciler = new Reconciler(core, () => alarms().rules, down)
    core.views.onChange((collection, doc) => {
      if (collection.noun !== AlarmDocs.noun) return
      // Nouns name one shape each.
      const alarm = doc as AlarmDoc
      down.take(alarm)
      this.reconciler.changed(alarm)
    })
  }

  /** Occurrences that are over make room for the next ones. */
  async roll(): Promise<void> {
    const now = this.#core.clock.now()
    const over = [...this.#core.views.all(WindowDocs)].filter(({ upcoming: [first] }) => first && first.to <= now)
    for (let at = 0; at < over.length; at += writeAtOnce)
      // A lost race means that somebody edited it: what he saved is ahead already.
      await this.#core.changes.write(
        over.slice(at, at + writeAtOnce).map((window) => ({
          collection: WindowDocs,
          base: window.v,
          doc: { ...window, upcoming: occurrences(window.schedule, now) },
        })),
      )
  }

  made(ctx: Ctx, { name, ...input }: WindowInput): Omit<WindowDoc, 'v'> {
    return { _id: windowId(ctx.tenant, name), tenant: ctx.tenant, name, ...this.said(ctx, input) }
  }

  /** Everything of a window that an edit sets. */
  said(ctx: Ctx, { note, scope, schedule, effect, enabled }: Omit<WindowInput, 'name'>) {
    const upcoming = occurrences(schedule, ctx.now)
    return { note, scope, schedule, effect, enabled, upcoming, by: ctx.actor.name, changedAt: ctx.now }
  }

  preview(tenant: string, { scope, schedule }: Pick<WindowInput, 'scope' | 'schedule'>, now: number): Preview {
    const bySeverity = [0, 0, 0, 0]
    const examples: string[] = []
    let alarms = 0
    for (const alarm of this.#covered(tenant, scope)) {
      alarms++
      const rank = severities.indexOf(alarm.severity)
      bySeverity[rank] = (bySeverity[rank] ?? 0) + 1
      if (examples.length < mostExamples) examples.push(alarm.desktop ?? alarm.host ?? alarm.type)
    }
    return { upcoming: occurrences(schedule, now), alarms, bySeverity, examples }
  }

  *#covered(tenant: string, scope: Scope): Generator<AlarmDoc> {
    for (const alarm of this.#core.views.ofTenant(AlarmDocs, tenant))
      if (alarm.state !== 'normal' && covers(scope, alarm)) yield alarm
  }
}
