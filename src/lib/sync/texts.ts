import { catalogue } from '../i18n/catalogue.ts'

export const liveText = catalogue(
  {
    live: 'Live',
    connecting: 'Connecting',
    catchingUp: 'Catching up',
    delayed: 'Delayed',
    offline: 'Offline',
    staleSince: 'Stale since {time}',
    listStopped: 'The list stopped at {time}.',
    offlineActs: 'What you do now cannot be sent; it works again when the connection is back.',
    delayedBand: 'The live feed is delayed: what is accepted is safe, but may show up late.',
  },
  {
    live: '实时',
    connecting: '连接中',
    catchingUp: '补齐中',
    delayed: '延迟',
    offline: '离线',
    staleSince: '停在 {time}',
    listStopped: '列表停在 {time}。',
    offlineActs: '现在的操作无法送达，连接恢复后即可继续。',
    delayedBand: '实时推送有延迟：已接收的内容是安全的，但显示可能偏晚。',
  },
)
