/** What people do to alarms, verb by verb: each a decision about one document. */
import * as z from 'zod/mini'
import { granted } from '#wire'
import type { Ctx, Refusal } from '../../core/feature.ts'
import { refused } from '../../core/problems.ts'
import { operatorId, OperatorDocs, type OperatorDoc } from '../../core/tenants.ts'
import { act } from './act-commands.ts'
import { stateConflict, whoOf, type Decide, type Who } from './acting.ts'
import { Link, type Link as LinkOf } from './contract.ts'
import { held, holdOf, lifted, OPERATORS, shown, type Hold } from './holds.ts'
import { mayClose, type Overlay } from './machine.ts'
import type { AlarmDoc } from './model.ts'
import { presentAlarm } from './row.ts'

const words = (most: number) =>
  z.string().check(
    z.trim(),
    z.minLength(1),
    z.maxLength(most),
    z.refine((value) => !value.includes('\0'), 'must not contain NUL'),
  )
const dayMs = 24 * 3600_000
const shelfMostMs = dayMs
const serviceMostMs = 365 * dayMs
const mostLinks = 20

const invalid = (path: string, message: string) => refused('request.invalid', { errors: [{ path, message }] })

/** Whom the caller saw as owner: knowing it, he may take over; otherwise the one who was first stays. */
const seenOwner = { from: z.optional(z.nullable(z.string().check(z.maxLength(200)))) }

function takenByAnother(alarm: AlarmDoc, who: Who, from: string | null | undefined): Refusal | null {
  const { owner } = alarm
  if (!owner || owner.id === who.id || owner.id === from) return null
  const params = { by: owner.name, byId: owner.id, at: owner.at, since: new Date(owner.at).toISOString() }
  return refused('claim.taken', { params, current: alarm.state })
}

/** A person in this tenant who may triage; foreign, unknown and disabled ones are all nobody. */
function colleague(ctx: Ctx, id: string): OperatorDoc | null {
  const found = ctx.core.views.get(OperatorDocs, id) ?? ctx.core.views.get(OperatorDocs, operatorId(ctx.tenant, id))
  if (!found || found.gone || found.disabled || found.tenant !== ctx.tenant) return null
  return granted[found.role].includes('alarms:triage') ? found : null
}

/** `@user` of a colleague's name before the tenant. */
function mentioned(ctx: Ctx, text: string): string[] {
  const users = [...text.matchAll(/(?<![\w.])@([a-z0-9][a-z0-9._-]{0,62})/gi)].map(([, user = '']) =>
    user.toLowerCase(),
  )
  const ids = users.flatMap((user) => colleague(ctx, user.replace(/[._-]+$/, ''))?._id ?? [])
  return [...new Set(ids)].slice(0, 20)
}

const holdBy = (who: Who, kind: Overlay, why: string, until: number | null): Hold => ({
  kind,
  key: OPERATORS,
  why,
  by: who.name,
  at: who.now,
  until,
})

/** An operator lifts whatever lies there, also a rule's: he answers for it by name. */
function lifting(kind: Overlay): Decide {
  return (alarm) => {
    const hold = holdOf(alarm, kind)
    if (!hold) return { same: true }
    return { next: lifted(alarm, (one) => one.kind === kind), entry: { text: hold.why } }
  }
}

function endOf(
  now: number,
  { minutes, until }: { minutes?: number | undefined; until?: number | undefined },
  mostMs: number,
) {
  const end = until ?? (minutes === undefined ? null : now + minutes * 60_000)
  if (end !== null && end <= now) return invalid('until', 'must be ahead')
  if (end !== null && end > now + mostMs) return invalid('until', `at most ${mostMs / 3600_000} hours ahead`)
  return { end }
}

const sameLink = (a: Pick<LinkOf, 'kind' | 'id'>, b: Pick<LinkOf, 'kind' | 'id'>) => a.kind === b.kind && a.id === b.id
const instant = z.number().check(z.int(), z.minimum(0), z.maximum(8.64e15))

export const acts = [
  act({
    verb: 'acknowledge',
    summary: 'Acknowledge: somebody saw it; what had cleared ends',
    shape: { note: z.optional(words(1000)) },
    decide(ctx, { note }) {
      const who = whoOf(ctx)
      return (alarm) => ({
        next: shown({ ...alarm, acknowledgedAt: who.now, acknowledgedBy: who.name }),
        ...(note && { entry: { text: note } }),
      })
    },
  }),
  act({
    verb: 'unacknowledge',
    summary: 'Take an acknowledgement back',
    shape: {},
    decide: () => (alarm) => ({ next: shown({ ...alarm, acknowledgedAt: null, acknowledgedBy: null }) }),
  }),
  act({
    verb: 'claim',
    summary: 'Claim: of several at once one wins; `from` names the owner the caller saw and takes over from him',
    shape: seenOwner,
    decide(ctx, { from }) {
      const who = whoOf(ctx)
      return (alarm) => {
        const taken = takenByAnother(alarm, who, from)
        if (taken) return taken
        if (alarm.owner?.id === who.id) return { same: true }
        const next = { ...alarm, owner: { id: who.id, name: who.name, at: who.now } }
        return { next, ...(alarm.owner && { entry: { to: alarm.owner.name } }) }
      }
    },
  }),
  act({
    verb: 'hand-over',
    summary: 'Hand over to a colleague who may triage',
    shape: { to: z.string().check(z.minLength(1), z.maxLength(200)), ...seenOwner },
    decide(ctx, { to, from }) {
      const who = whoOf(ctx)
      const receiver = colleague(ctx, to)
      if (!receiver) return invalid('to', 'nobody here who may triage')
      return (alarm) => {
        const taken = takenByAnother(alarm, who, from)
        if (taken) return taken
        if (alarm.owner?.id === receiver._id) return { same: true }
        return {
          next: { ...alarm, owner: { id: receiver._id, name: receiver.name, at: who.now } },
          entry: { to: receiver.name },
        }
      }
    },
  }),
  act({
    verb: 'release',
    summary: 'Give a claim back',
    shape: seenOwner,
    decide(ctx, { from }) {
      const who = whoOf(ctx)
      return (alarm) => {
        const { owner, ...free } = alarm
        if (!owner) return { same: true }
        return takenByAnother(alarm, who, from) ?? { next: free, entry: { to: owner.name } }
      }
    },
  }),
  act({
    verb: 'shelve',
    summary: 'Shelve with an end (minutes from now, or a moment; at most 24 h) and a reason',
    shape: {
      minutes: z.optional(z.number().check(z.int(), z.minimum(1), z.maximum(shelfMostMs / 60_000))),
      until: z.optional(instant),
      reason: words(500),
    },
    decide(ctx, { minutes, until, reason }) {
      const who = whoOf(ctx)
      if ((minutes === undefined) === (until === undefined)) return invalid('until', 'either minutes or until')
      const end = endOf(who.now, { minutes, until }, shelfMostMs)
      if ('refused' in end) return end
      return (alarm) => ({
        next: held(alarm, holdBy(who, 'shelf', reason, end.end)),
        entry: { text: reason, ...(end.end !== null && { until: end.end }) },
      })
    },
  }),
  act({ verb: 'unshelve', summary: 'End a shelf early', shape: {}, decide: () => lifting('shelf') }),
  act({
    verb: 'suppress',
    summary: 'Suppress by hand, with a reason, for this episode',
    shape: { reason: words(500) },
    decide(ctx, { reason }) {
      const who = whoOf(ctx)
      return (alarm) => {
        const own = alarm.holds?.some(({ kind, key }) => kind === 'suppression' && key === OPERATORS)
        if (own) return { same: true }
        return { next: held(alarm, holdBy(who, 'suppression', reason, null)), entry: { text: reason } }
      }
    },
  }),
  act({ verb: 'unsuppress', summary: 'Lift every suppression', shape: {}, decide: () => lifting('suppression') }),
  act({
    verb: 'take-out-of-service',
    summary: 'Take out of service for maintenance, until a moment or until it is returned',
    shape: { reason: words(500), until: z.optional(instant) },
    decide(ctx, { reason, until }) {
      const who = whoOf(ctx)
      const end = endOf(who.now, { until }, serviceMostMs)
      if ('refused' in end) return end
      return (alarm) => ({
        next: held(alarm, holdBy(who, 'service', reason, end.end)),
        entry: { text: reason, ...(end.end !== null && { until: end.end }) },
      })
    },
  }),
  act({
    verb: 'return-to-service',
    summary: 'Return to service; what is over by then ends',
    shape: {},
    decide: () => lifting('service'),
  }),
  act({
    verb: 'note',
    summary: 'Leave a note; @user names a colleague',
    shape: { text: words(1000) },
    decide(ctx, { text }) {
      const mentions = mentioned(ctx, text)
      return (alarm) => ({
        next: { ...alarm, notes: (alarm.notes ?? 0) + 1 },
        entry: { text, ...(mentions.length > 0 && { mentions }) },
      })
    },
  }),
  act({
    verb: 'close',
    summary: 'Close with a cause what has cleared, or what is stale and whose source fell silent',
    shape: { cause: words(500) },
    decide(ctx, { cause }) {
      const who = whoOf(ctx)
      return (alarm) => {
        if (!mayClose(presentAlarm(alarm, false), who.now)) return stateConflict(alarm)
        const over = {
          ...alarm,
          cause,
          clearedAt: alarm.clearedAt ?? who.now,
          acknowledgedAt: alarm.acknowledgedAt ?? who.now,
          acknowledgedBy: alarm.acknowledgedBy ?? who.name,
        }
        // Out of service outlasts the episode: a closed one stays listed as that.
        return { next: shown(over), entry: { text: cause } }
      }
    },
  }),
  act({
    verb: 'link',
    summary: 'Link to the work order or signal that deals with it',
    shape: { link: Link },
    decide:
      (_ctx, { link }) =>
      (alarm) => {
        const links = alarm.links ?? []
        if (links.some((one) => sameLink(one, link))) return { same: true }
        if (links.length >= mostLinks) return refused('limit.reached', { params: { most: mostLinks } })
        return { next: { ...alarm, links: [...links, link] }, entry: { text: link.label || link.id } }
      },
  }),
  act({
    verb: 'unlink',
    summary: 'Take a link away',
    shape: { link: z.strictObject({ kind: Link.shape.kind, id: Link.shape.id }) },
    decide:
      (_ctx, { link }) =>
      (alarm) => {
        const gone = alarm.links?.find((one) => sameLink(one, link))
        if (!gone) return { same: true }
        const links = (alarm.links ?? []).filter((one) => one !== gone)
        return { next: { ...alarm, links }, entry: { text: gone.label || gone.id } }
      },
  }),
]
