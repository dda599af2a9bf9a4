/** The least input that a JSON schema of the OpenAPI document accepts, as far as its keywords tell. */
type Schema = Record<string, unknown>

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function minimalInput(schema: unknown): unknown {
  if (!isSchema(schema)) return 'x'
  const choices = [schema['anyOf'], schema['oneOf'], schema['allOf']].find(Array.isArray)
  if (choices) return minimalInput(choices[0])
  if ('const' in schema) return schema['const']
  if ('default' in schema) return schema['default']
  if (Array.isArray(schema['enum'])) return schema['enum'][0]
  switch (schema['type']) {
    case 'object':
      return minimalObject(schema)
    case 'array':
      return Array.from({ length: Number(schema['minItems'] ?? 0) }, () => minimalInput(schema['items']))
    case 'number':
    case 'integer':
      return Number(schema['minimum'] ?? 1)
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return minimalText(schema)
  }
}

function minimalObject(schema: Schema): Record<string, unknown> {
  const properties = isSchema(schema['properties']) ? schema['properties'] : {}
  const required = Array.isArray(schema['required']) ? schema['required'].map(String) : []
  return Object.fromEntries(required.map((name) => [name, minimalInput(properties[name])]))
}

function minimalText(schema: Schema): string {
  if (schema['format'] === 'date-time') return '2026-01-01T00:00:00Z'
  if (schema['format'] === 'uri') return 'https://example.com'
  return 'abc'.padEnd(Number(schema['minLength'] ?? 3), 'x')
}
