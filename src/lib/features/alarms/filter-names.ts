import type { FilterKey, Tab } from './list-query.ts'
import { alarmText } from './texts.ts'

const names = {
  severity: 'filterSeverity',
  state: 'filterState',
  time: 'filterTime',
  user: 'filterUser',
  business: 'filterBusiness',
  desktop: 'filterDesktop',
  host: 'filterHost',
  pool: 'filterPool',
  type: 'filterType',
  owner: 'filterOwner',
  mark: 'filterMark',
  text: 'filterText',
} as const

export const filterName = (key: FilterKey) => alarmText(names[key])
export const lastName = { '15m': 'last15m', '1h': 'last1h', '8h': 'last8h', '24h': 'last24h' } as const

const tabKey = {
  active: 'tabActive',
  unacknowledged: 'tabUnacknowledged',
  mine: 'tabMine',
  shelved: 'tabShelved',
  history: 'tabHistory',
} as const
export const tabName = (tab: Tab) => alarmText(tabKey[tab])
