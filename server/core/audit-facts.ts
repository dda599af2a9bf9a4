/** What the audit trail is told of a command: noun, verb, what changed in which document, and how it ended. */
import { ActResult } from '#wire'
import { mostIds, type AuditFact, type AuditResult } from './audit.ts'
import type { Doc, Operation, Touched } from './feature.ts'

/** Of an act on thousands as many facts as it takes to tell of each document what changed in it. */
export function factsOf(
  operation: Operation,
  touched: readonly Touched[],
  answer: { status: number; body: unknown },
): AuditFact[] {
  const refusals = refusalsIn(answer)
  const parts = [...chunks(touched, mostAudited)]
  const changes = (parts.length || refusals.length ? parts : [[]]).map((part) => ({
    ids: part.map(({ id }) => id),
    before: part.map(({ before, after }) => (before ? differing(before, after) : null)),
    after: part.map(({ before, after }) => differing(after, before)),
    ...resultOf(answer),
  }))
  return [...changes, ...refusals].map((fact, index) => ({ ...named(operation), ...fact, index }))
}

/** Which ones of many were refused, by reason; a single refusal is the whole answer and told with it. */
function refusalsIn({ body }: { body: unknown }): Omit<AuditFact, 'verb' | 'noun'>[] {
  const refused = resultsOf(body).flatMap((one) => (one.success && !one.data.ok ? [one.data] : []))
  return [...Map.groupBy(refused, ({ problem }) => problem?.code)].flatMap(([code, rows]) =>
    [...chunks(rows, mostIds)].map((part) => ({
      ids: part.map(({ id }) => id),
      result: 'refused' as const,
      ...(code && { code }),
    })),
  )
}

function* chunks<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < list.length; at += size) yield list.slice(at, at + size)
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
  'annunciated',
  'annunciations',
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
  const results = resultsOf(body)
  const refusals = results.filter((one) => one.success && !one.data.ok)
  if (refusals.length === 0) return { result: 'ok' }
  return { result: refusals.length === results.length ? 'refused' : 'partial' }
}

const resultsOf = (body: unknown) =>
  typeof body === 'object' && body !== null && 'results' in body && Array.isArray(body.results)
    ? body.results.map((one: unknown) => ActResult.safeParse(one))
    : []

const isProblem = (body: unknown): body is { code: string } =>
  typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string'
