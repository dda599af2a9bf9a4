/** What a list is asked, as it stands in the address: the same names as the HTTP query, so a link is a view. */
import type * as z from 'zod/mini'
import type { GlyphName } from '../ui/glyphs.ts'

export interface Choice {
  value: string
  label: string
  glyph?: GlyphName
}

export interface Field {
  key: string
  label: () => string
  /** `time` stands for `from` and `to`. */
  kind: 'text' | 'choice' | 'time'
  choices?: () => readonly Choice[]
  /** Always offered; the others come out of the menu. */
  offered?: boolean
}

export type Value = string | number | readonly string[]
export type Values = Readonly<Record<string, Value>>

export interface ListQuery {
  tab: string
  sort: string
  values: Values
}

export interface Questions {
  /** The first is where one arrives. */
  tabs: readonly string[]
  sorts: readonly string[]
  fields: readonly Field[]
}

const instant = (value: string | null) => {
  const at = value === null ? NaN : /^\d+$/.test(value) ? Number(value) : Date.parse(value)
  return Number.isNaN(at) ? undefined : at
}

function valuesOf(params: URLSearchParams, field: Field): Record<string, Value> {
  if (field.kind === 'time') {
    const [from, to] = [instant(params.get('from')), instant(params.get('to'))]
    return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
  }
  const value = params.get(field.key)?.trim().slice(0, 200)
  if (!value) return {}
  return { [field.key]: field.kind === 'choice' ? value.split(',').filter(Boolean) : value }
}

const oneOf = (value: string | null, known: readonly string[]) => known.find((each) => each === value) ?? known[0] ?? ''

export function parseQuery(params: URLSearchParams, { tabs, sorts, fields }: Questions): ListQuery {
  const values: Values = Object.fromEntries(fields.flatMap((field) => Object.entries(valuesOf(params, field))))
  return { tab: oneOf(params.get('tab'), tabs), sort: oneOf(params.get('sort'), sorts), values }
}

/** The filter alone, for HTTP. */
export function valueParams(values: Values): URLSearchParams {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(values))
    params.set(key, typeof value === 'object' ? value.join(',') : String(value))
  return params
}

export function toParams({ tab, sort, values }: ListQuery, { tabs, sorts }: Questions): URLSearchParams {
  const params = valueParams(values)
  if (tab !== tabs[0]) params.set('tab', tab)
  if (sort !== sorts[0]) params.set('sort', sort)
  return params
}

const keysOf = (field: Field) => (field.kind === 'time' ? ['from', 'to'] : [field.key])
export const isSet = (values: Values, field: Field) => keysOf(field).some((key) => values[key] !== undefined)

export function without(query: ListQuery, field: Field): ListQuery {
  const keys = keysOf(field)
  const values = Object.fromEntries(Object.entries(query.values).filter(([key]) => !keys.includes(key)))
  return { ...query, values }
}

export const withValues = (query: ListQuery, values: Values): ListQuery => ({
  ...query,
  values: { ...query.values, ...values },
})

/** As the contract knows it; what it does not accept is left out, one by one. */
export function filterOf<F>(schema: z.ZodMiniType<F>, values: Values): F {
  const whole = schema.safeParse(values)
  if (whole.success) return whole.data
  const good = Object.entries(values).filter(([key, value]) => schema.safeParse({ [key]: value }).success)
  return schema.parse(Object.fromEntries(good))
}
