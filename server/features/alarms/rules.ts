/**
 * What logic on the server does to alarms: lays and lifts what its rules hold, marks, adds to timelines. A rule is known by
 * its key and lifts only what it laid itself. Every call names its effect, so that a second one changes nothing.
 */
import type { ActResult } from '#wire'
import { systemCtx } from '../../core/access.ts'
import type { Core, Decision } from '../../core/core.ts'
import type { Ctx } from '../../core/feature.ts'
import type { Mark } from './contract.ts'
import { noted, type Happening, type NewEntry } from './entries.ts'
import { finished } from './fold.ts'
import { held, lifted, type Hold } from './holds.ts'
import type { AlarmDoc } from './model.ts'

/** `tenant` and a deterministic id of the effect, e.g. `host-down:gz1-h-017:<when it went>`. */
export interface Effect {
  tenant: string
  id: string
}

export interface Rule {
  /** Shown as the reason: `host:gz1-h-017`, `window:patch night`. */
  key: string
  kind: 'suppression' | 'service'
  until?: number | null
}

/** What a rule lays on an episode as it begins, before anybody sees it; null: nothing. */
export type AtBirth = (alarm: AlarmDoc) => Rule | null

type Act = (ctx: Ctx, ids: readonly string[], decide: (alarm: AlarmDoc) => Decision<AlarmDoc>) => Promise<ActResult[]>

const verbOf = {
  suppression: { lay: 'suppress', lift: 'unsuppress' },
  service: { lay: 'take-out-of-service', lift: 'return-to-service' },
} as const satisfies Record<Rule['kind'], Record<'lay' | 'lift', Happening>>

export class AlarmRules {
  readonly #core: Core
  readonly #act: Act
  #atBirth: AtBirth[] = []

  constructor(core: Core, act: Act) {
    this.#core = core
    this.#act = act
  }

  /** `rule.kind: 'suppression'`: its host is down, its window runs. Already laid by the same rule: no change. */
  async lay(effect: Effect, rule: Rule, ids: readonly string[]): Promise<ActResult[]> {
    return this.#decide(effect, verbOf[rule.kind].lay, rule, ids, (alarm, now) =>
      isLaid(alarm, rule) ? { same: true } : { next: laid(alarm, rule, now) },
    )
  }

  /** Lifts what this rule laid, nobody else's. */
  async lift(effect: Effect, rule: Rule, ids: readonly string[]): Promise<ActResult[]> {
    const what = verbOf[rule.kind].lift
    return this.#decide(effect, what, rule, ids, (alarm, now) => {
      const next = lifted(alarm, ({ kind, key }) => kind === rule.kind && key === rule.key)
      return next === alarm ? { same: true } : { next: finished(noted(next, told(now, what, rule.key))) }
    })
  }

  suppress(effect: Effect, key: string, ids: readonly string[]): Promise<ActResult[]> {
    return this.lay(effect, { key, kind: 'suppression' }, ids)
  }

  unsuppress(effect: Effect, key: string, ids: readonly string[]): Promise<ActResult[]> {
    return this.lift(effect, { key, kind: 'suppression' }, ids)
  }

  /** Whole sets of marks by alarm. No audit: they judge the alarm, nobody decided anything. */
  async mark(effect: Effect, marks: ReadonlyMap<string, readonly Mark[]>): Promise<ActResult[]> {
    return this.#act(this.#ctx(effect), [...marks.keys()], (alarm) => {
      const wanted = [...(marks.get(alarm._id) ?? [])]
      const same = JSON.stringify(wanted) === JSON.stringify(alarm.marks ?? [])
      return same ? { same: true } : { next: { ...alarm, marks: wanted } }
    })
  }

  /** Adds to timelines what happened elsewhere, such as an escalation; the audit of it is its author's. */
  async tell(effect: Effect, ids: readonly string[], entry: NewEntry): Promise<ActResult[]> {
    return this.#act(this.#ctx(effect), ids, (alarm) => ({ next: noted(alarm, entry) }))
  }

  /** An episode that begins under a rule is never announced. */
  atBirth(rule: AtBirth): void {
    this.#atBirth.push(rule)
  }

  /** For the fold: the episode that just began, with what lies over it from the start. */
  born(alarm: AlarmDoc): AlarmDoc {
    return this.#atBirth.reduce((doc, rule) => {
      const found = rule(doc)
      return found && !isLaid(doc, found) ? laid(doc, found, doc.lastSeenAt) : doc
    }, alarm)
  }

  async #decide(
    effect: Effect,
    verb: string,
    rule: Rule,
    ids: readonly string[],
    decide: (alarm: AlarmDoc, now: number) => Decision<AlarmDoc>,
  ): Promise<ActResult[]> {
    const ctx = this.#ctx(effect)
    const results = await this.#act(ctx, ids, (alarm) => decide(alarm, ctx.now))
    const changed = results.flatMap(({ id, changed }) => (changed ? [id] : []))
    if (changed.length > 0)
      await this.#core.audit.record(ctx, {
        verb,
        noun: 'alarms',
        ids: changed,
        after: { rule: rule.key },
        result: 'ok',
      })
    return results
  }

  #ctx({ tenant, id }: Effect): Ctx {
    return systemCtx(this.#core, tenant, 'rules', `${tenant}:${id}`)
  }
}

const isLaid = (alarm: AlarmDoc, rule: Rule) =>
  alarm.holds?.some(
    ({ kind, key, until }) => kind === rule.kind && key === rule.key && until === (rule.until ?? null),
  ) ?? false

function laid(alarm: AlarmDoc, { key, kind, until = null }: Rule, at: number): AlarmDoc {
  const hold: Hold = { kind, key, why: key, by: null, at, until }
  return noted(held(alarm, hold), { ...told(at, verbOf[kind].lay, key), ...(until !== null && { until }) })
}

const told = (at: number, what: Happening, text: string): NewEntry => ({ at, what, by: null, byId: null, text })
