/** Resources over HTTP: what is kept with an alarm, and any desktop's or host's recent past. */
import * as z from 'zod/mini'
import { defineQuery } from '../../core/command.ts'
import type { Ctx, Operation } from '../../core/feature.ts'
import { refused } from '../../core/problems.ts'
import { findEpisode } from '../alarms/service.ts'
import { hostOf, placeOf } from '../inventory/service.ts'
import { AlarmResources, aroundMinutes, Series } from './contract.ts'
import { minuteMs, type Subject } from './points.ts'
import type { Readings } from './readings.ts'

const id = z.string().check(z.minLength(1), z.maxLength(200))
const mostRangeMs = 24 * 60 * minuteMs
const time = z.optional(z.coerce.number().check(z.minimum(0), z.maximum(8.64e15)))

const Ask = z.strictObject({
  id,
  /** ms since the epoch; the last 15 minutes when left out. */
  from: time,
  to: time,
  /** Seconds; points within one step become their mean. */
  step: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(3600)), 1),
})

const around = z._default(z.enum(['15', '60']), '15')

export function resourceQueries(readings: () => Readings): Operation[] {
  const samplesOf = (subject: Subject, isKnown: (ctx: Ctx, id: string) => boolean) =>
    defineQuery({
      route: `GET /${subject}s/:id/samples`,
      summary: `Resources of a ${subject} over time, at most 24 hours at once; minutes where single samples are gone`,
      permission: 'inventory:read',
      input: Ask,
      output: Series,
      async run(ctx, { id, from, to = ctx.now, step }) {
        if (!isKnown(ctx, id)) return refused('request.not-found')
        const window = { from: from ?? to - 15 * minuteMs, to }
        if (window.to < window.from || window.to - window.from > mostRangeMs)
          return refused('request.invalid', { errors: [{ path: 'to', message: 'at most 24 hours after from' }] })
        return readings().series(subject, id, window, step * 1_000)
      },
    })
  return [
    defineQuery({
      route: 'GET /alarms/:id/resources',
      summary: `Desktop, host and network around the report (±${aroundMinutes.join(' or ')} minutes), neighbours and suspect`,
      permission: 'alarms:read',
      input: z.strictObject({ id, around }),
      output: AlarmResources,
      async run(ctx, { id, around }) {
        const episode = await findEpisode(ctx.core, ctx.tenant, id)
        return episode ? readings().ofAlarm(episode, Number(around) * minuteMs) : refused('request.not-found')
      },
    }),
    samplesOf('desktop', (ctx, id) => isOwn(ctx, id) && placeOf(ctx.core, id) !== null),
    samplesOf(
      'host',
      (ctx, id) => isOwn(ctx, id) && hostOf(ctx.core, ctx.tenant, id.slice(ctx.tenant.length + 1)) !== null,
    ),
  ]
}

const isOwn = (ctx: Ctx, id: string) => id.startsWith(`${ctx.tenant}:`)
