/**
 * Keeps what rules ask for and what lies on the alarms in step: looks at alarms that changed, and at all of a tenant when
 * a window begins, ends or is edited, or a host goes down or comes back. The owner of the clock does it; what a dead one
 * left undone is found by comparing, so nothing has to be remembered.
 */
import { setImmediate as breath } from 'node:timers/promises'
import type { Core } from '../../core/core.ts'
import { TenantDocs } from '../../core/tenants.ts'
import { AlarmDocs, type AlarmDoc, type AlarmService } from '../alarms/service.ts'
import { isOn } from './contract.ts'
import type { HostsDown } from './hosts-down.ts'
import { WindowDocs, type WindowDoc } from './model.ts'
import { isRule, rulingsOn, type Ruling } from './rules.ts'

/** Looked at without a pause. */
const atOnce = 1_000

interface RulesNow {
  windows: WindowDoc[]
  down: ReadonlyMap<string, number>
}

interface Work {
  rule: Pick<Ruling, 'kind' | 'key' | 'until'>
  lay: boolean
  ids: string[]
}

export class Reconciler {
  readonly #core: Pick<Core, 'views' | 'clock'>
  readonly #rules: () => AlarmService['rules']
  readonly #down: HostsDown
  #dirty = new Map<string, Set<string>>()
  /** What rules there were, by tenant, when all alarms were last looked at. */
  #known = new Map<string, string>()

  constructor(core: Pick<Core, 'views' | 'clock'>, rules: () => AlarmService['rules'], down: HostsDown) {
    this.#core = core
    this.#rules = rules
    this.#down = down
  }

  /** Only the owner of the clock has looked at a tenant before; to the others all of it is new. */
  changed({ tenant, _id }: AlarmDoc): void {
    if (!this.#known.has(tenant)) return
    const ids = this.#dirty.get(tenant)
    if (ids) ids.add(_id)
    else this.#dirty.set(tenant, new Set([_id]))
  }

  async look(): Promise<void> {
    const now = this.#core.clock.now()
    for (const { tenant } of this.#core.views.all(TenantDocs)) await this.#lookAt(tenant, now)
  }

  /** What rules ask for as the alarm begins. */
  atBirth(alarm: AlarmDoc): Ruling | null {
    const now = this.#core.clock.now()
    const { windows, down } = this.#rulesOf(alarm.tenant, now)
    return rulingsOn(alarm, windows, down, now)[0] ?? null
  }

  async #lookAt(tenant: string, now: number): Promise<void> {
    const rules = this.#rulesOf(tenant, now)
    const text = textOf(rules)
    const ids = this.#known.get(tenant) === text ? [...(this.#dirty.get(tenant) ?? [])] : this.#idsOf(tenant)
    this.#dirty.delete(tenant)
    this.#known.set(tenant, text)
    try {
      for (const work of await this.#workOn(tenant, ids, rules, now)) await this.#do(tenant, work, now)
    } catch (error) {
      this.#known.delete(tenant)
      throw error
    }
  }

  #idsOf(tenant: string): string[] {
    return Array.from(this.#core.views.ofTenant(AlarmDocs, tenant), ({ _id }) => _id)
  }

  async #workOn(tenant: string, ids: readonly string[], rules: RulesNow, now: number): Promise<Work[]> {
    const works = new Map<string, Work>()
    const add = (rule: Work['rule'], lay: boolean, id: string) => {
      const key = JSON.stringify([rule.kind, rule.key, rule.until, lay])
      const work = works.get(key)
      if (work) work.ids.push(id)
      else works.set(key, { rule, lay, ids: [id] })
    }
    for (let at = 0; at < ids.length; at += atOnce) {
      if (at > 0) await breath()
      for (const id of ids.slice(at, at + atOnce)) {
        const alarm = this.#core.views.get(AlarmDocs, id)
        if (!alarm || alarm.gone || alarm.tenant !== tenant) continue
        for (const [rule, lay] of differences(alarm, rulingsOn(alarm, rules.windows, rules.down, now)))
          add(rule, lay, id)
      }
    }
    return [...works.values()]
  }

  async #do(tenant: string, { rule, lay, ids }: Work, now: number): Promise<void> {
    const effect = { tenant, id: `${rule.key}:${lay ? 'lay' : 'lift'}:${now}` }
    const { key, kind, until } = rule
    if (lay) await this.#rules().lay(effect, { key, kind, until }, ids)
    else await this.#rules().lift(effect, { key, kind }, ids)
  }

  #rulesOf(tenant: string, now: number): RulesNow {
    const windows = [...this.#core.views.ofTenant(WindowDocs, tenant)].filter((window) => isOn(window, now) !== null)
    return { windows, down: this.#down.of(tenant) }
  }
}

/** Every rule that is on: another text, and all alarms are looked at. */
const textOf = ({ windows, down }: RulesNow) =>
  JSON.stringify([windows.map(({ _id, v }) => `${_id} ${v}`).sort(), [...down.keys()].sort()])

const isSame = (a: Pick<Ruling, 'kind' | 'key'>, b: Pick<Ruling, 'kind' | 'key'>) =>
  a.kind === b.kind && a.key === b.key

/** Rules to lay (true) and to lift (false) so that this alarm is as they ask. */
export function differences(
  alarm: Pick<AlarmDoc, 'holds' | 'lastEntries'>,
  rulings: readonly Ruling[],
): [Pick<Ruling, 'kind' | 'key' | 'until'>, boolean][] {
  const lying = (alarm.holds ?? []).flatMap(({ kind, key, until }) =>
    kind !== 'shelf' && isRule(key) ? [{ kind, key, until }] : [],
  )
  const extra = lying.filter((hold) => !rulings.some((ruling) => isSame(ruling, hold)))
  const missing = rulings.filter(
    (ruling) =>
      !lying.some((hold) => isSame(ruling, hold) && hold.until === ruling.until) && !isLiftedByPerson(alarm, ruling),
  )
  return [
    ...extra.map((hold): [Pick<Ruling, 'kind' | 'key' | 'until'>, boolean] => [hold, false]),
    ...missing.map((ruling): [Pick<Ruling, 'kind' | 'key' | 'until'>, boolean] => [ruling, true]),
  ]
}

const lifts = { suppression: 'unsuppress', service: 'return-to-service' } as const

/** A person who lifts what a rule laid answers for it: the rule does not lay it again the same night. */
function isLiftedByPerson({ lastEntries }: Pick<AlarmDoc, 'lastEntries'>, { kind, since }: Ruling): boolean {
  return lastEntries?.some(({ what, byId, at }) => what === lifts[kind] && byId !== null && at >= since) ?? false
}
