import { catalogue } from '../../i18n/catalogue.ts'

export const phoneText = catalogue(
  {
    phoneTitle: 'Alarms',
    acknowledgeShort: 'Ack',
    acknowledgeAll: 'Ack all',
    matching: 'Matching',
    rowMenu: 'More for {desktop}',
    offlineTitle: 'Offline {age}',
    offlineStopped: 'List as of {time}; acts wait for the connection',
    releaseToAck: 'Release',
    phoneCleared: 'Cleared',
  },
  {
    phoneTitle: '告警',
    acknowledgeShort: '确认',
    acknowledgeAll: '全部确认',
    matching: '符合筛选',
    rowMenu: '{desktop} 的更多操作',
    offlineTitle: '离线 {age}',
    offlineStopped: '列表停在 {time}，操作需等连接恢复',
    releaseToAck: '松手确认',
    phoneCleared: '已恢复',
  },
)
