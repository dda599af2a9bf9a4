/** Power on, off and restart: quick to answer, live on every screen, carried out by the owner of the clock. */
import { ActResult } from '#wire'
import { defineCommand } from '../../core/command.ts'
import type { Ctx, Operation } from '../../core/feature.ts'
import { must } from '../../core/must.ts'
import { refusalOf } from '../../core/problems.ts'
import { refusal } from './claims.ts'
import { Ids, PowerOff, PowerOffAll, type PowerVerb } from './contract.ts'
import { whyNot } from './machine.ts'
import { DesktopDocs } from './model.ts'
import { ById, Results } from './nouns.ts'
import { begun } from './power-decide.ts'
import { standingOf } from './present.ts'

const permission = 'desktops:power'
const errors = ['desktop.state', 'desktop.busy', 'provider.not-offered', 'provider.unavailable'] as const

function power(ctx: Ctx, ids: readonly string[], verb: PowerVerb, force = false): Promise<ActResult[]> {
  return ctx.core.changes.each(ctx, DesktopDocs, ids, (doc) => {
    const why = whyNot(standingOf(doc), verb, { force })
    if (why) return refusal(ctx, why, doc)
    return { next: begun(doc, { verb, force, by: ctx.actor.name, command: ctx.command, now: ctx.now }) }
  })
}

async function one(ctx: Ctx, id: string, verb: PowerVerb, force = false) {
  const [result] = await power(ctx, [id], verb, force)
  const only = must(result, 'one id has one result')
  return refusalOf(only) ?? only
}

const plain = (verb: 'power-on' | 'restart', summary: string) => [
  defineCommand({
    route: `POST /desktops/:id/actions/${verb}`,
    summary,
    permission,
    input: ById,
    output: ActResult,
    errors,
    run: (ctx, { id }) => one(ctx, id, verb),
  }),
  defineCommand({
    route: `POST /desktops/actions/${verb}`,
    summary: `${summary}; several, a result for each`,
    permission,
    input: Ids,
    output: Results,
    run: async (ctx, { ids }) => ({ results: await power(ctx, ids, verb) }),
  }),
]

export const powerCommands: Operation[] = [
  ...plain('power-on', 'Start a desktop that is off'),
  ...plain('restart', 'Power a desktop off by its power button, then start it again'),
  defineCommand({
    route: 'POST /desktops/:id/actions/power-off',
    summary: 'Press the power button and wait 30 s; with force pull the plug of one that did not listen, on record',
    permission,
    input: PowerOff,
    output: ActResult,
    errors: [...errors, 'desktop.not-asked'],
    run: (ctx, { id, force }) => one(ctx, id, 'power-off', force),
  }),
  defineCommand({
    route: 'POST /desktops/actions/power-off',
    summary: 'Press the power buttons of several, or with force pull the plugs of those that did not listen',
    permission,
    input: PowerOffAll,
    output: Results,
    run: async (ctx, { ids, force }) => ({ results: await power(ctx, ids, 'power-off', force) }),
  }),
]
