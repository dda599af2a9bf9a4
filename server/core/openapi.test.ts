import { expect, test } from 'vitest'
import * as z from 'zod/mini'
import { errorCodes } from '#wire'
import { rooms } from '../rooms.ts'
import { openApiDocument, type Described } from './openapi.ts'

interface Method {
  operationId: string
  'x-permission': string
  parameters?: { name: string; in: string; required: boolean }[]
  requestBody?: { content: { 'application/json': { schema: { properties: object; required: string[] } } } }
  responses: Record<string, { content: Record<string, unknown> }>
}
interface Document {
  paths: Record<string, Record<string, Method>>
  'x-error-codes': unknown
}

const documentOf = (described: Described[]) =>
  JSON.parse(JSON.stringify(openApiDocument(described, '1.0.0'))) as Document

const edit: Described = {
  kind: 'command',
  method: 'patch',
  path: '/things/:id',
  summary: 'Edits a thing',
  input: z.strictObject({ id: z.string(), name: z.string(), note: z.optional(z.string()) }),
  output: z.object({ id: z.string() }),
  permission: 'inventory:write',
}

test('fields of a command stand where they travel: the id in the path, the rest in the body', () => {
  const method = documentOf([edit]).paths['/api/v1/things/{id}']?.['patch']
  expect(method?.parameters).toMatchObject([{ name: 'id', in: 'path', required: true }])
  const schema = method?.requestBody?.content['application/json'].schema
  expect(Object.keys(schema?.properties ?? {})).toEqual(['name', 'note'])
  expect(schema?.required).toEqual(['name'])
})

test('what a query asks by POST travels in the body, and an operation that answers nothing says 204', () => {
  const asked: Described = { ...edit, kind: 'query', method: 'post', path: '/things/actions/preview' }
  const { parameters, requestBody } = documentOf([asked]).paths['/api/v1/things/actions/preview']?.['post'] ?? {}
  expect(parameters).toBeUndefined()
  expect(Object.keys(requestBody?.content['application/json'].schema.properties ?? {})).toEqual(['id', 'name', 'note'])
  const removal: Described = { ...edit, method: 'delete', input: z.object({ id: z.string() }), output: z.undefined() }
  const { responses = {} } = documentOf([removal]).paths['/api/v1/things/{id}']?.['delete'] ?? {}
  expect(Object.keys(responses).filter((status) => status < '300')).toEqual(['204'])
})

test('fields of a query are parameters; a default makes them optional', () => {
  const list: Described = {
    ...edit,
    kind: 'query',
    method: 'get',
    path: '/things',
    input: z.object({ limit: z._default(z.number(), 50), text: z.optional(z.string()) }),
  }
  const method = documentOf([list]).paths['/api/v1/things']?.['get']
  expect(method?.parameters).toMatchObject([
    { name: 'limit', in: 'query', required: false },
    { name: 'text', in: 'query', required: false },
  ])
  expect(method?.requestBody).toBeUndefined()
})

test('every operation of every room has a right, an id of its own and problem answers', () => {
  const described = rooms().all.flatMap(({ operations, described = [] }) => [...operations, ...described])
  const document = documentOf(described)
  const methods = Object.values(document.paths).flatMap((path) => Object.values(path))
  expect(methods).toHaveLength(described.length)
  expect(new Set(methods.map(({ operationId }) => operationId)).size).toBe(described.length)
  for (const { operationId, responses, 'x-permission': permission } of methods) {
    expect(permission, operationId).toMatch(/^(public|session|display|[a-z-]+:[a-z-]+)$/)
    for (const status of ['400', '429', '500', '503']) {
      expect(Object.keys(responses[status]?.content ?? {}), operationId).toEqual(['application/problem+json'])
    }
  }
  expect(document['x-error-codes']).toEqual(errorCodes)
})

test('only a foreign sender may say more than an operation knows', () => {
  const open = rooms()
    .all.flatMap(({ operations, described = [] }) => [...operations, ...described])
    .filter(({ input }) => alternatives(z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' })).some(isOpen))
    .map(({ method, path }) => `${method} ${path}`)
  expect(open).toEqual(['post /integrations/alertmanager'])
})

type Schema = z.core.JSONSchema.BaseSchema
const alternatives = (schema: Schema): Schema[] => {
  const parts = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]
  return parts.length > 0 ? parts.flatMap(alternatives) : [schema]
}
const isOpen = ({ type, additionalProperties }: Schema) => type === 'object' && additionalProperties === undefined
