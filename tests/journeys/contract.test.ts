/** The API does what its own document says: every operation, with right and with spoilt input, and everything beside it. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fromJSONSchema } from 'zod'
import { errorCodes, Problem } from '#wire'
import { Client } from '../support/client.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { minimalInput } from '../support/minimal-input.ts'

type Schema = Record<string, unknown>
interface Described {
  parameters?: { name: string; in: string; required?: boolean; schema: Schema }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>
  'x-permission': string
}
interface Operation extends Described {
  method: string
  path: string
}

let deskwatch: Deskwatch
let operations: Operation[]
let admin: Client

beforeAll(async () => {
  deskwatch = await startDeskwatch({
    env: { RATE_ADDRESS_PER_MINUTE: '1000000', RATE_OPERATOR_PER_MINUTE: '1000000', RATE_TENANT_PER_MINUTE: '1000000' },
  })
  await deskwatch.seedAlarms(3)
  const answer = await fetch(`${deskwatch.origin}/api/openapi.json`)
  const { paths }: { paths: Record<string, Record<string, Described>> } = await answer.json()
  operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({ ...described, method: method.toUpperCase(), path })),
  )
  admin = await deskwatch.signIn('admin@acme')
})
afterAll(async () => {
  const faults = deskwatch?.faults()
  await deskwatch?.stop()
  expect(faults).toEqual([])
})

const named = ({ method, path }: Operation) => `${method} ${path}`
const bodySchema = ({ requestBody }: Operation) => requestBody?.content['application/json']?.schema

interface Call {
  body?: unknown
  query?: Record<string, string>
  ids?: string
}

async function call(
  operation: Operation,
  { body, query, ids = 'acme:nothing' }: Call,
  client = admin,
): Promise<Response> {
  const path = operation.path.replace(/\{\w+\}/g, encodeURIComponent(ids.toWellFormed()))
  const url = `${deskwatch.origin}${path}${query ? `?${new URLSearchParams(query).toString()}` : ''}`
  return fetch(url, {
    method: operation.method,
    headers: {
      ...(client.cookie && { Cookie: client.cookie }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
}

/** What is wrong with an answer by the document; empty when nothing is. */
async function wrongWith(operation: Operation, response: Response, said: string): Promise<string[]> {
  const text = await response.text()
  const where = `${named(operation)} ${said} → ${response.status}`
  const documented = operation.responses[String(response.status)]
  if (!documented) return [`${where}: not a documented status: ${text.slice(0, 200)}`]
  if (response.status >= 500) return [`${where}: ${text.slice(0, 200)}`]
  const type = response.headers.get('content-type')?.split(';')[0] ?? ''
  const content = documented.content?.[type]
  if (!content) return documented.content || text !== '' ? [`${where}: ${type} is not documented`] : []
  if (type === 'application/problem+json')
    return wrongProblem(JSON.parse(text), response.status).map((what) => `${where}: ${what}`)
  if (type !== 'application/json') return []
  const parsed = fromJSONSchema(content.schema).safeParse(JSON.parse(text))
  return parsed.success ? [] : [`${where}: ${JSON.stringify(parsed.error.issues).slice(0, 300)}`]
}

function wrongProblem(body: unknown, status: number): string[] {
  const problem = Problem.safeParse(body)
  if (!problem.success) return ['not a problem']
  const { code } = problem.data
  if (!Object.hasOwn(errorCodes, code)) return [`${code} is not in the table of codes`]
  return problem.data.status === status ? [] : [`says ${problem.data.status}`]
}

/** Ends the session or the account the test itself works with. */
const endsItself = ({ path, method }: Operation) => path.startsWith('/api/v1/session') && method !== 'GET'

test('every operation answers what its document says, to the least input it asks for', async () => {
  const wrong: string[] = []
  for (const operation of operations) {
    const schema = bodySchema(operation)
    const query = Object.fromEntries(
      (operation.parameters ?? []).flatMap((one) =>
        one.in === 'query' && one.required ? [[one.name, String(minimalInput(one.schema))]] : [],
      ),
    )
    const client = endsItself(operation) ? await deskwatch.signIn('operator2@acme') : admin
    const response = await call(operation, { ...(schema && { body: minimalInput(schema) }), query }, client)
    wrong.push(...(await wrongWith(operation, response, 'least input')))
  }
  expect(wrong).toEqual([])
  expect(operations.length).toBeGreaterThan(30)
})

const spoilt: unknown[] = [null, 1e308, '', 'a\0\ud800', 'x'.repeat(20_000), [null], { $gt: '' }, { toString: 'x' }]

test(
  'whatever one field is spoilt with, the answer is a documented one, never a fault',
  { timeout: 90_000 },
  async () => {
    const wrong: string[] = []
    let tried = 0
    for (const operation of operations) {
      const schema = bodySchema(operation)
      if (!schema) continue
      const least = minimalInput(schema)
      const fields = Object.keys(schema['properties'] ?? {})
      const bodies = [
        ...spoilt,
        ...(typeof least === 'object' && !Array.isArray(least)
          ? fields.flatMap((field) => spoilt.map((value) => ({ ...least, [field]: value })))
          : []),
      ]
      const client = endsItself(operation) ? await deskwatch.signIn('operator2@acme') : admin
      const answers = await inParts(bodies, 8, async (body) =>
        wrongWith(operation, await call(operation, { body }, client), JSON.stringify(body).slice(0, 80)),
      )
      wrong.push(...answers.flat())
      tried += bodies.length
    }
    expect(wrong).toEqual([])
    expect(tried).toBeGreaterThan(300)
  },
)

test('whatever stands in the address, the answer is a documented one, never a fault', async () => {
  const wrong: string[] = []
  const values = ['', '-1', '1e999', '__proto__', 'a\0\ud800', '../..', '{"$gt":""}', 'x'.repeat(3_000)]
  for (const operation of operations) {
    const parameters = (operation.parameters ?? []).filter((one) => one.in === 'query')
    const schema = bodySchema(operation)
    const body = schema ? { body: minimalInput(schema) } : {}
    if (endsItself(operation)) continue
    const calls: [Call, string][] = [
      ...(operation.method === 'GET' ? parameters : []).flatMap(({ name }) =>
        values.map((value): [Call, string] => [{ query: { [name]: value } }, `${name}=${value.slice(0, 40)}`]),
      ),
      ...(operation.path.includes('{')
        ? values.filter(Boolean).map((ids): [Call, string] => [{ ids, ...body }, `id ${ids.slice(0, 40)}`])
        : []),
    ]
    const answers = await inParts(calls, 8, async ([ask, said]) =>
      wrongWith(operation, await call(operation, ask), said),
    )
    wrong.push(...answers.flat())
  }
  expect(wrong).toEqual([])
})

test('beside the document there are only problems', async () => {
  const client = await deskwatch.signIn('operator@acme')
  const cases: [method: string, path: string, status: number, code: string][] = [
    ['GET', '/api/v1/nothing', 404, 'request.not-found'],
    ['GET', '/api', 404, 'request.not-found'],
    ['GET', '/api/v1', 404, 'request.not-found'],
    ['POST', '/api/v1/', 404, 'request.not-found'],
    ['GET', '/api/v1/ALARMS', 404, 'request.not-found'],
    ['GET', '/api/v2/alerts', 405, 'request.method'],
    ['DELETE', '/api/v1/alarms', 405, 'request.method'],
    ['PATCH', '/api/v1/session', 405, 'request.method'],
    ['PROPFIND', '/api/v1/alarms', 405, 'request.method'],
    ['POST', '/', 404, 'request.not-found'],
    ['PUT', '/healthz', 404, 'request.not-found'],
    ['GET', '/api/v1/alarms/%ff', 400, 'request.malformed'],
    ['GET', '/api/v1/alarms/%', 400, 'request.malformed'],
    ['GET', '/api/v1/alarms/acme%3Anothing', 404, 'request.not-found'],
  ]
  for (const [method, path, status, code] of cases) {
    const response = await fetch(deskwatch.origin + path, { method, headers: { Cookie: client.cookie ?? '' } })
    expect({
      method,
      path,
      status: response.status,
      type: response.headers.get('content-type')?.split(';')[0],
    }).toEqual({ method, path, status, type: 'application/problem+json' })
    expect(await response.json()).toMatchObject({ code, status })
    if (status === 405) expect(response.headers.get('allow')).toMatch(/^[A-Z]+(, [A-Z]+)*$/)
  }
})

async function inParts<T, R>(items: readonly T[], size: number, act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let at = 0; at < items.length; at += size)
    results.push(...(await Promise.all(items.slice(at, at + size).map(act))))
  return results
}
