import * as z from 'zod/mini'
import { AlarmRow, type AlarmRow as Row } from '#contract/alarms'
import { get } from '../../sync/send.ts'
import { detailText } from './detail-texts.ts'

const Detail = z.extend(AlarmRow, { ended: z.boolean() })

const path = (id: string) => `/api/v1/alarms/${encodeURIComponent(id)}`
export const readAlarm = (id: string, signal: AbortSignal) => get(path(id), Detail, signal)

const sourceKey = {
  api: 'sourceApi',
  prometheus: 'sourcePrometheus',
  alertmanager: 'sourceAlertmanager',
  agent: 'sourceAgent',
  system: 'sourceSystem',
} as const
export const sourceWord = (source: Row['source']) => detailText(sourceKey[source])
