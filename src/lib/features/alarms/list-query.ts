/** The filter as it stands in the URL: the same names as the HTTP query, so a link is a view. */
import {
  alarmStates,
  marks,
  severities,
  type AlarmFilter,
  type AlarmState,
  type Mark,
  type Severity,
} from '#contract/alarms'

export const tabs = ['active', 'unacknowledged', 'mine', 'shelved', 'history'] as const
export type Tab = (typeof tabs)[number]
export const sorts = ['severity', 'newest', 'oldest', 'lastSeen', 'count', 'desktop', 'owner'] as const
export const groupings = ['host', 'pool', 'type'] as const
export type Grouping = (typeof groupings)[number]
export type Sort = (typeof sorts)[number]
export const lasts = { '15m': 15 * 60_000, '1h': 3600_000, '8h': 8 * 3600_000, '24h': 24 * 3600_000 } as const
export type Last = keyof typeof lasts
export const textFields = ['user', 'business', 'desktop', 'host', 'pool', 'type', 'owner', 'text'] as const
export type TextField = (typeof textFields)[number]

export interface ListQuery {
  tab: Tab
  sort: Sort
  filter: AlarmFilter
  /** A range that moves with the clock; `filter.from` is then computed. */
  last: Last | null
  group: Grouping | null
  open: string | null
}

export interface Me {
  id: string
  name: string
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
  const mark = oneOf<Mark>(params.get('mark'), marks)
  const from = instant(params.get('from'))
  const to = instant(params.get('to'))
  Object.assign(
    filter,
    severity && { severity },
    state && { state },
    mark && { mark },
    from !== undefined && { from },
    to !== undefined && { to },
  )
  return {
    tab: oneOf(params.get('tab'), tabs) ?? 'active',
    sort: oneOf(params.get('sort'), sorts) ?? 'severity',
    filter,
    last: oneOf(params.get('last'), ['15m', '1h', '8h', '24h'] as const) ?? null,
    group: oneOf(params.get('group'), groupings) ?? null,
    open: params.get('open'),
  }
}

/** Filter alone, for HTTP. */
export function filterParams(filter: AlarmFilter): URLSearchParams {
  const params = new URLSearchParams()
  for (const field of textFields) if (filter[field]) params.set(field, filter[field])
  if (filter.severity?.length) params.set('severity', filter.severity.join(','))
  if (filter.state?.length) params.set('state', filter.state.join(','))
  if (filter.mark) params.set('mark', filter.mark)
  if (filter.ownerId) params.set('ownerId', filter.ownerId)
  if (filter.from !== undefined) params.set('from', String(filter.from))
  if (filter.to !== undefined) params.set('to', String(filter.to))
  return params
}

export function toParams({ tab, sort, filter, last, group, open }: ListQuery): URLSearchParams {
  const params = filterParams(filter)
  if (last) params.set('last', last)
  if (tab !== 'active') params.set('tab', tab)
  if (sort !== 'severity') params.set('sort', sort)
  if (group) params.set('group', group)
  if (open) params.set('open', open)
  return params
}

const statesOf: Partial<Record<Tab, AlarmState[]>> = {
  unacknowledged: ['unacknowledged', 'rtn-unacknowledged'],
  shelved: ['shelved'],
}

/** What is asked of the rows: the tab, the moving range, and the chips together. */
export function effective({ filter, last }: Pick<ListQuery, 'filter' | 'last'>, now: number): AlarmFilter {
  return last ? { ...filter, from: now - lasts[last] } : filter
}

/** The whole condition, for both sides: tab, chips and moving range; null: nothing can match. */
export function combined(
  query: Omit<ListQuery, 'open' | 'sort' | 'group'>,
  me: Me | null,
  now: number,
): AlarmFilter | null {
  const filter = effective(query, now)
  if (query.tab === 'mine') return me ? { ...filter, ownerId: me.id } : null
  const states = statesOf[query.tab]
  if (!states) return filter
  const state = filter.state?.length ? states.filter((each) => filter.state?.includes(each)) : states
  return state.length > 0 ? { ...filter, state } : null
}

export type FilterKey = TextField | 'severity' | 'state' | 'mark' | 'time'

export function setKeys({ filter, last }: Pick<ListQuery, 'filter' | 'last'>): FilterKey[] {
  const keys: FilterKey[] = []
  if (filter.severity?.length) keys.push('severity')
  if (filter.state?.length) keys.push('state')
  if (filter.mark) keys.push('mark')
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
