/** The OpenAPI 3.1 document, made from the same schemas that validate. */
import * as z from 'zod/mini'
import { errorCodes, Problem, roles, granted, type ErrorCode, type Permission } from '#wire'

/** What the document needs to know of an operation; every registered command and query says it. */
export interface Described {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** Express style, below /api/v1 unless it begins with /api: `/alarms/:id`. */
  path: string
  summary: string
  input: z.ZodMiniType
  output: z.ZodMiniType
  /** `display`: a screen that came in by a link, and nobody else. */
  permission: Permission | 'public' | 'session' | 'display'
  kind: 'command' | 'query'
  /** Answers 201. */
  creates?: boolean
  /** Statuses of success where they are others, e.g. 202 and 207 of the intake. */
  answers?: readonly number[]
  /** Answers 204. */
  empty?: boolean
  /** Answers of another type than JSON, e.g. a CSV export. */
  produces?: readonly string[]
  /** Codes beyond those every operation of its kind may answer. */
  errors?: readonly ErrorCode[]
  example?: unknown
}

type Json = Record<string, unknown>

export const apiPrefix = '/api/v1'

/** The whole path, express style. */
export const addressOf = ({ path }: Pick<Described, 'path'>) => (path.startsWith('/api/') ? path : apiPrefix + path)

export function openApiDocument(operations: readonly Described[], version: string): Json {
  const paths: Record<string, Json> = {}
  for (const operation of operations) {
    const path = addressOf(operation).replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [operation.method]: describe(operation) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Deskwatch', version, description: 'Operations console for a cloud-desktop platform.' },
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'dw_session', description: 'Set by POST /api/v1/session.' },
        token: { type: 'http', scheme: 'bearer', description: 'Service token; its scopes are permissions.' },
      },
      schemas: { Problem: toSchema(Problem, 'output') },
    },
    'x-roles': Object.fromEntries(roles.map((role) => [role, granted[role]])),
    'x-error-codes': errorCodes,
  }
}

function describe(operation: Described): Json {
  const { permission } = operation
  const { parameters, body } = split(operation)
  return {
    operationId: operationId(operation),
    summary: operation.summary,
    tags: [operation.path.split('/')[1] ?? 'api'],
    'x-permission': permission,
    security:
      permission === 'public'
        ? []
        : permission === 'session' || permission === 'display'
          ? [{ session: [] }]
          : [{ session: [] }, { token: [] }],
    ...(parameters.length && { parameters }),
    ...(body && {
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: body, ...(operation.example !== undefined && { example: operation.example }) },
        },
      },
    }),
    responses: { ...answer(operation), ...problems(operation) },
  }
}

function operationId({ method, path }: Described): string {
  const words = path
    .split('/')
    .filter(Boolean)
    .map((part) => (part.startsWith(':') ? `by-${part.slice(1)}` : part))
  return [method, ...words].join('-')
}

function answer(operation: Described): Json {
  if (operation.empty || operation.output instanceof z.ZodMiniUndefined) return { 204: { description: 'Done' } }
  const media = operation.produces ?? ['application/json']
  const schema = operation.produces ? { type: 'string' } : toSchema(operation.output, 'output')
  const content = Object.fromEntries(media.map((type) => [type, { schema }]))
  const statuses = operation.answers ?? [operation.creates ? 201 : 200]
  return Object.fromEntries(statuses.map((status) => [status, { description: 'Done', content }]))
}

/** Which of the input's fields travel in the path, which in the query and which in the body. */
function split(operation: Described): { parameters: Json[]; body: Json | null } {
  const schema = toSchema(operation.input, 'input')
  const inPath = [...operation.path.matchAll(/:(\w+)/g)].flatMap((found) => found[1] ?? [])
  const properties = asObject(schema['properties'])
  const required = Array.isArray(schema['required']) ? schema['required'].map(String) : []
  const parameters: Json[] = inPath.map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: properties[name] ?? { type: 'string' },
  }))
  const others = Object.keys(properties).filter((name) => !inPath.includes(name))
  if (operation.method === 'get' || operation.method === 'delete') {
    for (const name of others) {
      parameters.push({ name, in: 'query', required: required.includes(name), schema: properties[name] ?? {} })
    }
    return { parameters, body: null }
  }
  if (operation.kind === 'command' && operation.method === 'post') {
    parameters.push({
      name: 'Idempotency-Key',
      in: 'header',
      required: false,
      description: 'The same key again answers the same; its first 200 characters count, for 24 hours.',
      schema: { type: 'string' },
    })
  }
  if (schema['type'] !== 'object' || !('properties' in schema)) return { parameters, body: schema }
  const fields = Object.fromEntries(others.map((name) => [name, properties[name] ?? {}]))
  const needed = required.filter((name) => others.includes(name))
  return { parameters, body: others.length ? { ...schema, properties: fields, required: needed } : null }
}

function problems({ permission, kind, method, errors = [], path, answers }: Described): Json {
  const codes: ErrorCode[] = ['request.invalid', 'rate.limited', 'store.unavailable', 'server.fault', ...errors]
  if (permission !== 'public') codes.push('auth.required', 'auth.forbidden', 'auth.enrolment-required')
  // A command may name things in its body, too.
  if (kind === 'command' || path.includes(':')) codes.push('request.not-found')
  if (method !== 'get') codes.push('request.malformed', 'request.origin', 'request.media-type', 'request.too-large')
  if (kind === 'command' && !answers)
    codes.push('idempotency.mismatch', 'state.conflict', 'name.taken', 'version.conflict')
  const byStatus = Map.groupBy(new Set(codes), (code) => errorCodes[code])
  return Object.fromEntries(
    [...byStatus].map(([status, grouped]) => [
      status,
      {
        description: grouped.join(', '),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  )
}

function toSchema(schema: z.ZodMiniType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // Property escapes need JavaScript's `u` flag; readers of the document in other languages know ranges.
      if (jsonSchema.pattern) jsonSchema.pattern = jsonSchema.pattern.replaceAll('\\p{Cc}', '\\x00-\\x1f\\x7f-\\x9f')
    },
  })
  return rest
}

const asObject = (value: unknown): Json => (typeof value === 'object' && value !== null ? { ...value } : {})
