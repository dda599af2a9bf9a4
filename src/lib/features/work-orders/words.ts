import type { OrderRow, OrderState, OrderStep, OrderVerb, Wait } from '#contract/work-orders'
import { stateNames, verbNames } from '#machine/work-orders'
import { count } from '../../i18n/time.ts'
import { capital, say, type Words } from '../../i18n/words.ts'
import type { GlyphName } from '../../ui/glyphs.ts'
import { orderText } from './texts.ts'

const named = (known: Readonly<Record<string, Words>>, key: string) => {
  const words = known[key]
  return words ? say(words) : key
}

export const stateWord = (state: OrderState) => capital(say(stateNames[state]))
export const verbWord = (verb: OrderVerb) => capital(say(verbNames[verb]))

/** What a person reads for a kind of order; a kind that has no words yet shows its own name. */
const types: Record<string, Words> = {
  'disk-check': { 'zh-CN': '磁盘自检', en: 'Disk self-check' },
  'snapshot-create': { 'zh-CN': '创建快照', en: 'Create snapshot' },
  'snapshot-restore': { 'zh-CN': '恢复快照', en: 'Restore snapshot' },
  'snapshot-delete': { 'zh-CN': '删除快照', en: 'Delete snapshot' },
  'desktop-create': { 'zh-CN': '创建桌面', en: 'Create desktop' },
  'desktop-delete': { 'zh-CN': '删除桌面', en: 'Delete desktop' },
}
export const typeWord = (type: string) => named(types, type)
export const knownTypes = Object.keys(types)

const steps: Record<string, Words> = {
  precheck: { 'zh-CN': '预检', en: 'Check first' },
  take: { 'zh-CN': '生成快照', en: 'Take' },
  restore: { 'zh-CN': '恢复磁盘', en: 'Restore' },
  delete: { 'zh-CN': '删除', en: 'Delete' },
  create: { 'zh-CN': '创建', en: 'Create' },
  make: { 'zh-CN': '生成磁盘', en: 'Make a disk' },
  convert: { 'zh-CN': '转换磁盘', en: 'Convert' },
  check: { 'zh-CN': '检查完整性', en: 'Check' },
  compare: { 'zh-CN': '逐字节比对', en: 'Compare' },
}
export const stepWord = (step: string) => named(steps, step)

export const stateGlyph = ({ state, stopping }: Pick<OrderRow, 'state' | 'stopping'>): GlyphName =>
  stopping ? 'running' : state
export const stepGlyph = (state: OrderStep['state']): GlyphName => (state === 'pending' ? 'pending' : state)

export function waitWord({ why, n, by }: Wait): string {
  if (why === 'ahead') return orderText('waitAhead', { n: count(n ?? 0) })
  if (why === 'concurrency') return orderText('waitConcurrency')
  if (why === 'locked') return orderText('waitLocked', { by: shortNumber(by ?? '') })
  return orderText(why === 'no-worker' ? 'waitNoWorker' : 'waitStarting')
}

/** The last six letters tell orders apart. */
export const shortNumber = (number: string) => `…${number.slice(number.lastIndexOf('-') + 1)}`
