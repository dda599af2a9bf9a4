/**
 * Calls people for alarms that nobody acknowledges. Timers are the alarms' own documents: what is due follows from them
 * and from how far each escalation has gone, so a restart or another node goes on where the last one stopped. Every
 * effect has an id made of alarm, stretch, policy and step, and the step counts as told last, when all else is done.
 */
import { systemCtx } from '../../core/access.ts'
import type { Core, Write } from '../../core/core.ts'
import { Due } from '../../core/due.ts'
import { OperatorDocs } from '../../core/tenants.ts'
import { AlarmDocs, type AlarmDoc, type AlarmService } from '../alarms/service.ts'
import { notify, webhookInbox, type Telling } from '../notifications/service.ts'
import type { Level } from './contract.ts'
import { askingSince, asks, dueSteps, firedOf, nextAt, stepOf, type Step } from './ladder.ts'
import {
  EscalationDocs,
  escalationId,
  onCall,
  PolicyDocs,
  ScheduleDocs,
  type EscalationDoc,
  type PolicyDoc,
} from './model.ts'

/** Alarms of one policy and step that are told one by one; a flood's others are told as a number. */
const mostSingly = 20
const writeAtOnce = 300

interface Call {
  alarm: AlarmDoc
  policy: PolicyDoc
  known: EscalationDoc | undefined
  since: number
  step: Step
}

interface Called {
  ids: string[]
  names: string[]
}

export class Escalator {
  readonly #core: Core
  readonly #alarms: () => AlarmService
  readonly #due = new Due()
  readonly #policies = new Map<string, Map<string, PolicyDoc>>()

  constructor(core: Core, alarms: () => AlarmService) {
    this.#core = core
    this.#alarms = alarms
    core.views.onChange((collection, doc) => {
      // Nouns name one shape each.
      if (collection.noun === AlarmDocs.noun) this.#alarmChanged(doc as AlarmDoc)
      if (collection.noun === PolicyDocs.noun) this.#policyChanged(doc as PolicyDoc)
      if (collection.noun === EscalationDocs.noun) this.#escalationChanged(doc as EscalationDoc)
    })
  }

  async tick(now: number): Promise<void> {
    const over: EscalationDoc[] = []
    const calls: Call[] = []
    for (const key of this.#due.until(now)) {
      const [alarmId = '', policyId = ''] = key.split('|')
      const alarm = this.#core.views.get(AlarmDocs, alarmId)
      const policy = this.#core.views.get(PolicyDocs, policyId)
      const known = this.#core.views.get(EscalationDocs, escalationId(alarmId, policyId))
      if (!alarm || !policy || !asks(alarm, policy)) {
        if (known && !known.gone) over.push({ ...known, gone: true })
        else this.#due.set(key, null)
        continue
      }
      const since = askingSince(alarm, known)
      for (const step of dueSteps(policy, firedOf(known, alarm, since), since, now))
        calls.push({ alarm, policy, known, since, step })
    }
    await this.#write(over)
    // In the order of the steps, so that of one alarm the last one stands in its escalation.
    const steps = Map.groupBy(calls, ({ policy, step }) => `${policy._id}|${String(step.n).padStart(6, '0')}`)
    for (const [, group] of [...steps].sort(([a], [b]) => (a < b ? -1 : 1))) await this.#call(group, now)
  }

  /** One step of one policy, for all alarms that it is due for. */
  async #call(calls: readonly Call[], now: number): Promise<void> {
    const [first] = calls
    if (!first) return
    const { policy, step } = first
    const level = policy.levels[step.level]
    if (!level) return
    const called = this.#called(policy.tenant, level, now)
    const singly = calls.slice(0, mostSingly)
    const rest = calls.slice(mostSingly)
    const minute = Math.floor(now / 60_000)
    await notify(this.#core, [
      ...singly.map((call) => this.#telling(call, level, called, now)),
      ...(rest.length > 0 ? [this.#number(rest, level, called, now, minute)] : []),
    ])
    const { rules } = this.#alarms()
    const entry = {
      at: now,
      what: 'escalated' as const,
      by: null,
      byId: null,
      text: `${policy.name} · ${step.level + 1}`,
      to: called.names.join(', '),
    }
    for (const call of singly) await rules.tell({ tenant: policy.tenant, id: effectOf(call) }, [call.alarm._id], entry)
    if (rest.length > 0) {
      const id = `escalation:${policy._id}:${step.n}:${minute}`
      await rules.tell(
        { tenant: policy.tenant, id },
        rest.map(({ alarm }) => alarm._id),
        entry,
      )
    }
    await this.#audit(first, calls, called)
    await this.#write(calls.map((call) => this.#told(call, called, now)))
  }

  #called(tenant: string, level: Level, now: number): Called {
    const { views } = this.#core
    const rostered = level.schedules.flatMap((id) => {
      const schedule = views.get(ScheduleDocs, id)
      return schedule && !schedule.gone ? (onCall(schedule, now)?.operator ?? []) : []
    })
    const people = [...new Set([...rostered, ...level.operators])].flatMap((id) => {
      const operator = views.get(OperatorDocs, id)
      return operator && !operator.gone && !operator.disabled && operator.tenant === tenant ? [operator] : []
    })
    const inbox = level.channels.includes('webhook') ? [webhookInbox(tenant)] : []
    return { ids: [...people.map(({ _id }) => _id), ...inbox], names: people.map(({ name }) => name) }
  }

  #telling(call: Call, level: Level, called: Called, now: number): Telling {
    const { alarm, policy, since, step } = call
    return {
      event: effectOf(call),
      kind: 'escalation',
      severity: alarm.severity,
      params: {
        place: placeOf(alarm),
        summary: alarm.summary || alarm.type,
        policy: policy.name,
        level: step.level + 1,
        minutes: Math.floor((now - since) / 60_000),
      },
      link: `/alarms?open=${encodeURIComponent(alarm._id)}`,
      at: now,
      operators: called.ids,
      channels: level.channels,
      urgent: true,
    }
  }

  #number(calls: readonly Call[], level: Level, called: Called, now: number, minute: number): Telling {
    const { alarm, policy, step } = calls.reduce((a, b) => (a.since <= b.since ? a : b))
    const since = Math.min(...calls.map((call) => call.since))
    return {
      event: `escalation:${policy._id}:${step.n}:${minute}`,
      kind: 'escalation',
      severity: alarm.severity,
      params: {
        n: calls.length,
        policy: policy.name,
        level: step.level + 1,
        minutes: Math.floor((now - since) / 60_000),
      },
      link: '/alarms?state=unacknowledged',
      at: now,
      operators: called.ids,
      channels: level.channels,
      urgent: true,
    }
  }

  /** A decision that the system took alone. */
  async #audit(first: Call, calls: readonly Call[], called: Called): Promise<void> {
    const { policy, step } = first
    await this.#core.audit.record(
      systemCtx(this.#core, policy.tenant, 'escalation', `${policy.tenant}:${effectOf(first)}`),
      {
        verb: 'escalate',
        noun: 'alarms',
        ids: calls.map(({ alarm }) => alarm._id),
        after: { policy: policy.name, level: step.level + 1, step: step.n, told: called.names },
        result: 'ok',
      },
    )
  }

  #told({ alarm, policy, known, since, step }: Call, called: Called, now: number): EscalationDoc {
    const next = stepOf(policy, step.n + 1)
    const _id = escalationId(alarm._id, policy._id)
    return {
      _id,
      // An earlier step of this very tick has written it meanwhile.
      v: this.#core.views.get(EscalationDocs, _id)?.v ?? known?.v ?? 0,
      tenant: alarm.tenant,
      alarm: alarm._id,
      policy: policy._id,
      policyName: policy.name,
      place: placeOf(alarm),
      severity: alarm.severity,
      raisedAt: alarm.raisedAt,
      since,
      fired: step.n + 1,
      level: step.level + 1,
      toldAt: now,
      told: called.names,
      nextAt: next && since + next.after,
    }
  }

  /** A lost race is looked at again by the next tick. */
  async #write(docs: readonly EscalationDoc[]): Promise<void> {
    for (let at = 0; at < docs.length; at += writeAtOnce) {
      const part = docs.slice(at, at + writeAtOnce)
      await this.#core.changes.write(part.map((doc): Write => ({ collection: EscalationDocs, doc, base: doc.v })))
    }
  }

  #alarmChanged(alarm: AlarmDoc): void {
    for (const policy of this.#policies.get(alarm.tenant)?.values() ?? []) this.#plan(alarm, policy)
  }

  #policyChanged(policy: PolicyDoc): void {
    let policies = this.#policies.get(policy.tenant)
    if (!policies) this.#policies.set(policy.tenant, (policies = new Map<string, PolicyDoc>()))
    policies.set(policy._id, policy)
    for (const alarm of this.#core.views.ofTenant(AlarmDocs, policy.tenant)) this.#plan(alarm, policy)
    if (policy.gone) policies.delete(policy._id)
  }

  #escalationChanged(escalation: EscalationDoc): void {
    const alarm = this.#core.views.get(AlarmDocs, escalation.alarm)
    const policy = this.#core.views.get(PolicyDocs, escalation.policy)
    if (alarm && policy) this.#plan(alarm, policy)
    // Its alarm or policy was purged: it asks for nobody.
    else this.#due.set(keyOf(escalation.alarm, escalation.policy), escalation.gone ? null : 0)
  }

  #plan(alarm: AlarmDoc, policy: PolicyDoc): void {
    const known = this.#core.views.get(EscalationDocs, escalationId(alarm._id, policy._id))
    this.#due.set(keyOf(alarm._id, policy._id), nextAt(alarm, policy, known))
  }
}

const keyOf = (alarm: string, policy: string) => `${alarm}|${policy}`
const placeOf = ({ desktop, host, type }: AlarmDoc) => desktop ?? host ?? type
const effectOf = ({ alarm, policy, since, step }: Call) =>
  `escalation:${alarm._id}:${alarm.raisedAt}:${since}:${policy._id}:${step.n}`
