import type { AlarmRow, AlarmState, Mark, Severity } from '#contract/alarms'
import { catalogue } from '../../i18n/catalogue.ts'

const severity = catalogue<Severity>(
  { critical: 'Critical', high: 'High', medium: 'Medium', low: 'Low' },
  { critical: '紧急', high: '高', medium: '中', low: '低' },
)
const brief = catalogue<Severity>(
  { critical: 'Crit', high: 'High', medium: 'Med', low: 'Low' },
  { critical: '紧急', high: '高', medium: '中', low: '低' },
)
const state = catalogue<AlarmState>(
  {
    unacknowledged: 'Unacknowledged',
    acknowledged: 'Acknowledged',
    'rtn-unacknowledged': 'Returned, unacknowledged',
    normal: 'Normal',
    shelved: 'Shelved',
    suppressed: 'Suppressed',
    'out-of-service': 'Out of service',
  },
  {
    unacknowledged: '未确认',
    acknowledged: '已确认',
    'rtn-unacknowledged': '恢复未确认',
    normal: '正常',
    shelved: '已搁置',
    suppressed: '已抑制',
    'out-of-service': '停用',
  },
)
const briefState = catalogue<AlarmState>(
  {
    unacknowledged: 'Unacked',
    acknowledged: 'Acked',
    'rtn-unacknowledged': 'RTN unack',
    normal: 'Normal',
    shelved: 'Shelved',
    suppressed: 'Suppressed',
    'out-of-service': 'Out of svc',
  },
  {
    unacknowledged: '未确认',
    acknowledged: '已确认',
    'rtn-unacknowledged': '恢复未确认',
    normal: '正常',
    shelved: '已搁置',
    suppressed: '已抑制',
    'out-of-service': '停用',
  },
)

const mark = catalogue<Mark>(
  { chattering: 'Chattering', fleeting: 'Fleeting', stale: 'Stale' },
  { chattering: '抖动', fleeting: '瞬时', stale: '滞留' },
)

export const markWord = (value: Mark) => mark(value)
export const severityWord = (value: Severity, short = false) => (short ? brief : severity)(value)
export const stateWord = (value: AlarmState, short = false) => (short ? briefState : state)(value)

const minuteMs = 60_000
/** "Shelved 25m", "Shelved 3h": the time left stands beside the word. */
export function shelfWord({ state, shelvedUntil }: AlarmRow, at: number): string {
  const word = stateWord(state, true)
  if (state !== 'shelved' || shelvedUntil === null) return word
  const minutes = Math.max(0, Math.ceil((shelvedUntil - at) / minuteMs))
  return `${word} ${minutes < 100 ? `${minutes}m` : `${Math.round(minutes / 60)}h`}`
}
