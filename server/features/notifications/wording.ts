/** A message in words, in both languages: the one place for screen, lock screen, mail and webhook. */
import type { Severity } from '../alarms/contract.ts'
import type { Kind, Said } from './contract.ts'
import type { Message } from './model.ts'

type Language = 'zh-CN' | 'en'
type Words = Record<Language, Said>

const severityWords: Record<Language, Record<Severity, string>> = {
  'zh-CN': { critical: '紧急', high: '高', medium: '中', low: '低' },
  en: { critical: 'Critical', high: 'High', medium: 'Medium', low: 'Low' },
}

const patterns: Record<Kind | 'escalations', Words> = {
  mention: {
    'zh-CN': { title: '{by} 在 {place} 的备注中提到了你', body: '{note}' },
    en: { title: '{by} mentioned you on {place}', body: '{note}' },
  },
  'hand-over': {
    'zh-CN': { title: '{by} 把 {place} 的告警移交给了你', body: '{summary}' },
    en: { title: '{by} handed the alarm on {place} to you', body: '{summary}' },
  },
  escalation: {
    'zh-CN': {
      title: '{severity}告警 {place}：{minutes} 分钟未确认',
      body: '{summary}（{policy}，第 {level} 级）',
    },
    en: {
      title: '{severity} alarm on {place} unacknowledged for {minutes} min',
      body: '{summary} ({policy}, level {level})',
    },
  },
  escalations: {
    'zh-CN': {
      title: '另有 {n} 条{severity}告警 {minutes} 分钟未确认',
      body: '{policy}，第 {level} 级，完整列表见告警日志',
    },
    en: {
      title: '{n} more {severity} alarms unacknowledged for {minutes} min',
      body: '{policy}, level {level}. All of them stand in the alarm log',
    },
  },
  'on-call': {
    'zh-CN': { title: '从现在起由你值班：{schedule}', body: '至 {until}' },
    en: { title: 'You are on call now: {schedule}', body: 'Until {until}' },
  },
  summary: {
    'zh-CN': { title: '还有 {n} 条通知', body: '一分钟内超过 {limit} 条，其余的都在通知中心' },
    en: {
      title: '{n} more notifications',
      body: 'More than {limit} came in one minute; all are in the notification centre',
    },
  },
  test: {
    'zh-CN': { title: 'Deskwatch 测试通知', body: '通知会这样送到你这里' },
    en: { title: 'Test from Deskwatch', body: 'This is how notifications reach you here' },
  },
}

export function inWords({ kind, params, severity }: Message, language: Language): Said {
  const pattern = patterns[kind === 'escalation' && params['n'] !== undefined ? 'escalations' : kind][language]
  const values = { ...params, ...(severity && { severity: severityWords[language][severity] }) }
  return { title: fillIn(pattern.title, values), body: fillIn(pattern.body, values) }
}

function fillIn(pattern: string, values: Record<string, string | number>): string {
  return pattern.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))
}
