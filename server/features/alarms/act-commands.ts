/** A verb becomes two commands: on one alarm, and on many — named, selected by a filter, or as one's own act left them. */
import * as z from 'zod/mini'
import { ActResult } from '#wire'
import { defineCommand } from '../../core/command.ts'
import type { Ctx, Operation, Refusal } from '../../core/feature.ts'
import { must } from '../../core/must.ts'
import { isRefusal, refusalOf } from '../../core/problems.ts'
import { decideAct, whoOf, type Decide } from './acting.ts'
import { AlarmIds } from './contract.ts'
import type { Verb } from './machine.ts'
import { selected } from './selections.ts'
import type { AlarmService } from './service.ts'

/** One verb: what it asks for, and how it decides once that is known. */
interface Act<S extends z.core.$ZodShape> {
  verb: Verb
  summary: string
  shape: S
  decide: (ctx: Ctx, input: z.infer<z.ZodMiniObject<S>>) => Decide | Refusal
}

export interface TriageAct {
  verb: Verb
  commands: (service: () => AlarmService) => Operation[]
}

const AlarmId = AlarmIds.shape.ids.def.element
const Version = z.number().check(z.int(), z.minimum(0), z.maximum(Number.MAX_SAFE_INTEGER))
const many = {
  ids: z.optional(AlarmIds.shape.ids),
  selection: z.optional(AlarmId),
  /** As the caller's own act left them: what somebody did since is not taken back. */
  items: z.optional(z.array(z.strictObject({ id: AlarmId, v: Version })).check(z.minLength(1), z.maxLength(2000))),
}
const one = { id: AlarmId, v: z.optional(Version) }
const Many = z.object(many)
const oneOf = z.refine<object>((given) => Object.keys(given).filter((key) => key in many).length === 1, {
  path: ['ids'],
  message: 'one of ids, items or selection',
})
const One = z.object(one)

export function act<S extends z.core.$ZodShape>({ verb, summary, shape, decide }: Act<S>): TriageAct {
  const Own = z.object(shape)
  const permission = 'alarms:triage'
  return {
    verb,
    commands: (service) => [
      defineCommand({
        route: `POST /alarms/actions/${verb}`,
        summary: `${summary}; of ids, items or a selection, with a result per alarm`,
        permission,
        input: z.strictObject({ ...shape, ...many }).check(oneOf),
        output: z.object({ results: z.array(ActResult) }),
        async run(ctx, input) {
          const targets = await targetsOf(ctx, Many.parse(input))
          if (isRefusal(targets)) return targets
          const decided = decide(ctx, Own.parse(input))
          if (isRefusal(decided)) return decided
          const since = new Map(targets.flatMap(({ id, v }) => (v === undefined ? [] : [[id, v]])))
          const ids = targets.map(({ id }) => id)
          return {
            results: await service().act(ctx, ids, (alarm) =>
              decideAct(verb, whoOf(ctx), decided, since.get(alarm._id))(alarm),
            ),
          }
        },
      }),
      defineCommand({
        route: `POST /alarms/:id/actions/${verb}`,
        summary,
        permission,
        input: z.strictObject({ ...shape, ...one }),
        output: ActResult,
        async run(ctx, input) {
          const { id, v } = One.parse(input)
          const decided = decide(ctx, Own.parse(input))
          if (isRefusal(decided)) return decided
          const results = await service().act(ctx, [id], decideAct(verb, whoOf(ctx), decided, v))
          const result = must(results[0], 'one id has one result')
          return refusalOf(result) ?? result
        },
      }),
    ],
  }
}

interface Target {
  id: string
  v?: number
}

async function targetsOf(ctx: Ctx, { ids, selection, items }: z.infer<typeof Many>): Promise<Target[] | Refusal> {
  if (items) return items
  const chosen = ids ?? (selection === undefined ? [] : await selected(ctx, selection))
  return isRefusal(chosen) ? chosen : chosen.map((id) => ({ id }))
}
