/** What the audit trail is told of a command: noun, verb, what changed in which document, and how it ended. */
import type { AuditFact, AuditResult } from './audit.ts'
import type { Doc, Operation, Touched } from './feature.ts'

export function factOf(
  operation: Operation,
  all: readonly Touched[],
  answer: { status: number; body: unknown },
): AuditFact {
  const touched = all.slice(0, mostAudited)
  return {
    ...named(operation),
    ids: all.map(({ id }) => id),
    before: touched.map(({ before, after }) => (before ? differing(before, after) : null)),
    after: touched.map(({ before, after }) => differing(after, before)),
    ...resultOf(answer),
  }
}

const mostAudited = 50
/** The house's own fields and whatever may be a secret. */
const unaudited = new Set([
  'v',
  'w',
  'writtenAt',
  'commands',
  'taken',
  'seen',
  'ended',
  'entries',
  'lastEntries',
  'passwordHash',
  'totp',
  'totpPending',
  'recovery',
  'credential',
  'sealed',
])

/** `alarms/actions/acknowledge` → noun and verb of the audit trail. */
export function named({ method, path }: Operation): { verb: string; noun: string } {
  const parts = path.split('/').filter((part) => part && !part.startsWith(':'))
  const verb = parts.includes('actions')
    ? (parts.at(-1) ?? method)
    : ({ delete: 'delete', patch: 'edit', put: 'edit' }[method as string] ?? 'create')
  return { noun: parts[0] ?? '', verb }
}

function differing(doc: Doc, other: Doc | null): Record<string, unknown> {
  const before = new Map<string, unknown>(Object.entries(other ?? {}))
  return Object.fromEntries(
    Object.entries(doc).filter(
      ([key, value]) => !unaudited.has(key) && JSON.stringify(value) !== JSON.stringify(before.get(key)),
    ),
  )
}

function resultOf({ status, body }: { status: number; body: unknown }): { result: AuditResult; code?: string } {
  if (status >= 400) return { result: 'refused', ...(isProblem(body) && { code: body.code }) }
  const results =
    typeof body === 'object' && body !== null && 'results' in body && Array.isArray(body.results) ? body.results : []
  const refusals = results.filter(
    (one: unknown) => typeof one === 'object' && one !== null && 'ok' in one && one.ok === false,
  )
  if (refusals.length === 0) return { result: 'ok' }
  return { result: refusals.length === results.length ? 'refused' : 'partial' }
}

const isProblem = (body: unknown): body is { code: string } =>
  typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string'
