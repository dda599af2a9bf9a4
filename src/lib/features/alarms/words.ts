import type { AlarmState, Severity } from '#contract/alarms'
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

export const severityWord = (value: Severity, short = false) => (short ? brief : severity)(value)
export const stateWord = (value: AlarmState, short = false) => (short ? briefState : state)(value)
