/** The filter as it stands in the URL: the same names as the HTTP query, so a link is a view. */
import { alarmStates, severities, type AlarmFilter, type AlarmState, type Severity } from '#contract/alarms'

export const tabs = ['active', 'unacknowledged', 'acknowledged', 'returned', 'history'] as const
export type Tab = (typeof tabs)[number]
export const sorts = ['severity', 'newest', 'oldest', 'lastSeen', 'count', 'desktop'] as const
export type Sort = (typeof sorts)[number]
export const lasts = { '15m': 15 * 60_000, '1h': 3600_000, '8h': 8 * 3600_000, '24h': 24 * 3600_000 } as const
export type Last = keyof typeof lasts
export const textFields = ['user', 'business', 'desktop', 'host', 'pool', 'type', 'text'] as const
export type TextField = (typeof textFields)[number]

export interface ListQuery {
  tab: Tab
  sort: Sort
  filter: AlarmFilter
  /** A range that moves with the clock; `filter.from` is then computed. */
  last: Last | null
  open: string | null
}

const oneOf = <T extends string>(value: string | null, known: readonly T[]) => known.find((each) => each === value)
const someOf = <T extends string>(value: string | null, known: readonly T[]) => {
  const asked = value?.split(',') ?? []
  const found = known.filter((each) => asked.includes(each))
  return found.length > 0 ? found : undefined
}
const instant = (value: string | null) => {
  const at = value === null ? NaN : /^\d+$/.test(value) ? Number(value) : Date.parse(value)
  return Number.isNaN(at) ? undefined : at
}

export function parseQuery(params: URLSearchParams): ListQuery {
  const filter: AlarmFilter = {}
  for (const field of textFields) {
    const value = params.get(field)?.trim().slice(0, 100)
    if (value) filter[field] = value
  }
  const severity = someOf<Severity>(params.get('severity'), severities)
  const state = someOf<AlarmState>(params.get('state'), alarmStates)
  const from = instant(params.get('from'))
  const to = instant(params.get('to'))
  Object.assign(
    filter,
    severity && { severity },
    state && { state },
    from !== undefined && { from },
    to !== undefined && { to },
  )
  return {
    tab: oneOf(params.get('tab'), tabs) ?? 'active',
    sort: oneOf(params.get('sort'), sorts) ?? 'severity',
    filter,
    last: oneOf(params.get('last'), ['15m', '1h', '8h', '24h'] as const) ?? null,
    open: params.get('open'),
  }
}

/** Filter alone, for HTTP. */
export function filterParams(filter: AlarmFilter): URLSearchParams {
  const params = new URLSearchParams()
  for (const field of textFields) if (filter[field]) params.set(field, filter[field])
  if (filter.severity?.length) params.set('severity', filter.severity.join(','))
  if (filter.state?.length) params.set('state', filter.state.join(','))
  if (filter.from !== undefined) params.set('from', String(filter.from))
  if (filter.to !== undefined) params.set('to', String(filter.to))
  return params
}

export function toParams({ tab, sort, filter, last, open }: ListQuery): URLSearchParams {
  const params = filterParams(filter)
  if (last) params.set('last', last)
  if (tab !== 'active') params.set('tab', tab)
  if (sort !== 'severity') params.set('sort', sort)
  if (open) params.set('open', open)
  return params
}

export const statesOf: Record<Tab, AlarmState[] | null> = {
  active: null,
  unacknowledged: ['unacknowledged', 'rtn-unacknowledged'],
  acknowledged: ['acknowledged'],
  returned: ['rtn-unacknowledged'],
  history: null,
}

/** What is asked of the rows: the tab, the moving range, and the chips together. */
export function effective({ filter, last }: Pick<ListQuery, 'filter' | 'last'>, now: number): AlarmFilter {
  return last ? { ...filter, from: now - lasts[last] } : filter
}

export type FilterKey = TextField | 'severity' | 'state' | 'time'

export function setKeys({ filter, last }: Pick<ListQuery, 'filter' | 'last'>): FilterKey[] {
  const keys: FilterKey[] = []
  if (filter.severity?.length) keys.push('severity')
  if (filter.state?.length) keys.push('state')
  if (last || filter.from !== undefined || filter.to !== undefined) keys.push('time')
  for (const field of textFields) if (filter[field]) keys.push(field)
  return keys
}

export function without<Q extends Pick<ListQuery, 'filter' | 'last'>>(query: Q, key: FilterKey): Q {
  const filter = { ...query.filter }
  if (key !== 'time') {
    delete filter[key]
    return { ...query, filter }
  }
  delete filter.from
  delete filter.to
  return { ...query, filter, last: null }
}
