/** `audit verify`: every fault with its place; exit 1 when there is one. */
import { verifyChain, type Verdict } from '../core/audit-verify.ts'
import { HEADS } from '../core/audit.ts'
import { documents } from '../core/mongo.ts'
import { TenantDocs } from '../core/tenants.ts'
import type { House } from './house.ts'

export async function verifyAudit(
  { core }: House,
  only: string | undefined,
): Promise<{ text: string; sound: boolean }> {
  const tenants = only ? [only] : await allTenants(core)
  const verdicts: Verdict[] = []
  for (const tenant of tenants) verdicts.push(await verifyChain(core.db, core.config, tenant))
  return { text: verdicts.flatMap(lines).join('\n'), sound: verdicts.every(({ faults }) => faults.length === 0) }
}

/** Also those whose tenant document is gone. */
async function allTenants(core: House['core']): Promise<string[]> {
  const heads = await documents<{ _id: string; tenant: string }>(core.db, HEADS).find({}).toArray()
  const codes = [...core.views.all(TenantDocs)].map(({ code }) => code)
  return [...new Set([...codes, ...heads.map(({ tenant }) => tenant)])].sort()
}

function lines({ tenant, entries, signed, waiting, faults }: Verdict): string[] {
  const state = faults.length ? `${faults.length} FAULTS` : 'sound'
  return [
    `${tenant}: ${state}, ${entries} entries, signed up to ${signed}, ${waiting} waiting`,
    ...faults.map(({ kind, n, detail }) => `  ${kind}${n ? ` at ${n}` : ''}: ${detail}`),
  ]
}
