/** Acts on alarms and on how their senders are read. */
import * as z from 'zod/mini'
import { defineCommand, defineQuery } from '../../core/command.ts'
import { refused } from '../../core/problems.ts'
import type { AlarmService } from './service.ts'
import { defaultMapping, LabelMapping, newSource, SourceDocs, sourceId } from './sources.ts'
import { acts } from './triage.ts'

export const alarmCommands = (service: () => AlarmService) => acts.flatMap(({ commands }) => commands(service))

const SourceRow = z.object({
  id: z.string(),
  name: z.string(),
  mapping: LabelMapping,
  custom: z.boolean(),
  watchdogAt: z.nullable(z.number()),
  silent: z.boolean(),
})

export const listSources = defineQuery({
  route: 'GET /alarm-sources',
  summary: 'Senders with a mapping of their own or a dead-man switch',
  permission: 'tokens:read',
  input: z.strictObject({}),
  output: z.object({ items: z.array(SourceRow) }),
  run: (ctx) => ({
    items: [...ctx.core.views.ofTenant(SourceDocs, ctx.tenant)].map(
      ({ sender, name, mapping, watchdogAt, silent }) => ({
        id: sender,
        name,
        mapping: mapping ?? defaultMapping,
        custom: mapping !== null,
        watchdogAt,
        silent,
      }),
    ),
  }),
})

export const mapSource = defineCommand({
  route: 'PUT /alarm-sources/:id/mapping',
  summary: 'Say how the labels of one sender (a token id) become fields of an alarm; null goes back to the default',
  permission: 'tokens:write',
  input: z.strictObject({ id: z.string().check(z.minLength(1), z.maxLength(200)), mapping: z.nullable(LabelMapping) }),
  output: z.object({ id: z.string(), mapping: LabelMapping }),
  async run(ctx, { id, mapping }) {
    if (!id.startsWith(`${ctx.tenant}:token:`)) return refused('request.not-found')
    const created = await ctx.core.changes.create(ctx, SourceDocs, { ...newSource(ctx.tenant, id, id), mapping })
    if (!created)
      await ctx.core.changes.each(ctx, SourceDocs, [sourceId(ctx.tenant, id)], (source) => ({
        next: { ...source, mapping },
      }))
    return { id, mapping: mapping ?? defaultMapping }
  },
})
