import { catalogue } from '../../i18n/catalogue.ts'

export const floodText = catalogue(
  {
    flood: 'Alarm flood',
    floodShort: 'Flood',
    rate: '{n} in {window} (a flood above {begin})',
    rateShort: '{n} in {window}',
    since: 'since {time}, {alarms} alarms',
    ends: 'ends below {end}',
    group: 'Group by host',
    minutes: '{n} min',
    seconds: '{n} s',
  },
  {
    flood: '告警洪泛',
    floodShort: '洪泛',
    rate: '{window}内 {n} 条（超过 {begin} 条即洪泛）',
    rateShort: '{window}内 {n} 条',
    since: '自 {time} 起共 {alarms} 条',
    ends: '低于 {end} 条结束',
    group: '按物理机分组',
    minutes: '{n} 分钟',
    seconds: '{n} 秒',
  },
)

export const windowText = (ms: number) =>
  ms % 60_000 === 0 ? floodText('minutes', { n: ms / 60_000 }) : floodText('seconds', { n: Math.round(ms / 1000) })
