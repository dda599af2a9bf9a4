/** Reading the figures and proposals; what people set and dismiss. */
import * as z from 'zod/mini'
import { defineCommand, defineQuery } from '../../core/command.ts'
import type { Operation } from '../../core/feature.ts'
import { Dismiss, Proposal, ProposalId, Quality, Range, Settings } from './contract.ts'
import type { QualityService } from './service.ts'

export function qualityOperations(service: () => QualityService): Operation[] {
  return [
    defineQuery({
      route: 'GET /alarm-quality',
      summary: 'Figures of a period by ISA-18.2 and EEMUA 191: rate, peak, floods, mix, loudest sources, times',
      permission: 'alarms:read',
      input: z.strictObject({ range: z._default(Range, '8h') }),
      output: Quality,
      run: (ctx, { range }) => service().quality(ctx.tenant, range),
    }),
    defineCommand({
      route: 'PUT /alarm-quality/settings',
      summary: 'How many operator positions share the alarms of the tenant',
      permission: 'alarm-quality:write',
      input: Settings,
      output: Settings,
      async run(ctx, { positions }) {
        await service().setPositions(ctx, positions)
        return { positions }
      },
    }),
    defineQuery({
      route: 'GET /alarm-proposals',
      summary: 'What could be done about the load, each with its figures and the act that does it',
      permission: 'alarms:read',
      input: z.strictObject({}),
      output: z.object({ items: z.array(Proposal) }),
      run: async (ctx) => ({ items: await service().proposals(ctx.tenant, ctx.now) }),
    }),
    defineCommand({
      route: 'POST /alarm-proposals/:id/actions/dismiss',
      summary: 'Not for us: the proposal stays away for so many days',
      permission: 'alarms:triage',
      input: Dismiss,
      output: z.object({ id: ProposalId }),
      async run(ctx, { id, days }) {
        await service().dismiss(ctx, id, days)
        return { id }
      },
    }),
    defineCommand({
      route: 'POST /alarm-proposals/:id/actions/restore',
      summary: 'Takes a dismissal back',
      permission: 'alarms:triage',
      input: z.strictObject({ id: ProposalId }),
      output: z.object({ id: ProposalId }),
      async run(ctx, { id }) {
        await service().restore(ctx, id)
        return { id }
      },
    }),
  ]
}
