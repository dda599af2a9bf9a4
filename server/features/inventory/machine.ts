/** Run states of a desktop and what may follow; the same rule greys the button and refuses the request. */
import type { DesktopRow, RunState } from './contract.ts'

/** An agent that answers proves that the desktop runs; what is being taken down stays so. */
export function afterAgentConnected(state: RunState): RunState {
  return state === 'stopping' || state === 'deleting' ? state : 'online'
}

/** An agent that left a desktop being stopped means it is off; otherwise we only know that nobody is connected. */
export function afterAgentLost(state: RunState): RunState {
  if (state === 'stopping') return 'off'
  return state === 'online' ? 'offline' : state
}

/** Offered while nothing is in transition, of desktops that no provider holds. */
export const mayDelete = (state: RunState) => state === 'off' || state === 'offline' || state === 'error'

export const desktopVerbs = [
  'power-on',
  'power-off',
  'restart',
  'snapshot',
  'delete-snapshot',
  'restore',
  'delete',
] as const
export type DesktopVerb = (typeof desktopVerbs)[number]

/** States in which each act is possible, in the order in which a refusal names them. */
export const allowedStates: Record<DesktopVerb, readonly RunState[]> = {
  'power-on': ['off'],
  'power-off': ['offline', 'online'],
  restart: ['offline', 'online'],
  snapshot: ['offline', 'online', 'off'],
  'delete-snapshot': ['offline', 'online', 'off', 'error'],
  restore: ['off'],
  delete: ['off', 'error'],
}

/** Orders of these kinds share a desktop: one runs after the other. All else wants it alone. */
const sharing = ['snapshot-create', 'snapshot-delete']
export const mostOrders = 20

export interface WhyNot {
  code: 'desktop.state' | 'desktop.busy' | 'desktop.not-asked' | 'provider.not-offered' | 'provider.unavailable'
  params: Record<string, unknown>
}
type Standing = Pick<DesktopRow, 'provider' | 'runState' | 'act' | 'orders' | 'trouble' | 'unknownSince'>

/** null: it may be done; else the refusal that the server would answer. `force`: of power-off, without asking the guest. */
export function whyNot(desktop: Standing, verb: DesktopVerb, { force = false } = {}): WhyNot | null {
  const { provider, runState, act, orders, trouble, unknownSince } = desktop
  if (provider === 'agent') return { code: 'provider.not-offered', params: { provider } }
  const allowed = allowedStates[verb]
  if (!allowed.includes(runState) || act) return wrongState(runState, allowed)
  const shared = (verb === 'snapshot' || verb === 'delete-snapshot') && orders.length < mostOrders
  const other = orders.find(({ type }) => !(shared && sharing.includes(type)))
  if (other) return { code: 'desktop.busy', params: { order: other.id, number: other.number } }
  if (unknownSince !== null) return { code: 'provider.unavailable', params: { provider } }
  if (force && trouble?.code !== 'guest.ignored-acpi') return { code: 'desktop.not-asked', params: {} }
  return null
}

export function wrongState(state: RunState, allowed: readonly RunState[]): WhyNot {
  return {
    code: 'desktop.state',
    params: { state, stateName: runStateNames[state], allowed, allowedNames: namesOf(allowed) },
  }
}

const namesOf = (states: readonly RunState[]): Words => ({
  'zh-CN': states.map((state) => runStateNames[state]['zh-CN']).join('、'),
  en: states.map((state) => runStateNames[state].en).join(', '),
})

export interface Words {
  'zh-CN': string
  en: string
}
export const runStateNames: Record<RunState, Words> = {
  creating: { 'zh-CN': '创建中', en: 'creating' },
  off: { 'zh-CN': '关机', en: 'off' },
  starting: { 'zh-CN': '开机中', en: 'starting' },
  online: { 'zh-CN': '在线运行', en: 'online' },
  offline: { 'zh-CN': '离线运行', en: 'offline' },
  stopping: { 'zh-CN': '关机中', en: 'stopping' },
  error: { 'zh-CN': '异常', en: 'in error' },
  deleting: { 'zh-CN': '删除中', en: 'deleting' },
}

/** What a provider says when an act does not come about; in the row's `trouble` and in the errors of work orders. */
export const faultTexts: Record<string, Words> = {
  'provider.not-offered': { 'zh-CN': '该平台不支持此操作', en: 'Its provider does not do that' },
  'provider.unavailable': { 'zh-CN': '平台进程无应答', en: 'Its provider does not answer' },
  'provider.unknown-desktop': { 'zh-CN': '平台上没有该桌面', en: 'Its provider knows no such desktop' },
  'provider.unknown-snapshot': { 'zh-CN': '磁盘上没有该快照', en: 'The disk has no such snapshot' },
  'provider.unknown-image': { 'zh-CN': '平台上没有该镜像', en: 'Its provider knows no such image' },
  'provider.exists': { 'zh-CN': '平台上已有同名对象', en: 'Something of that name stands there already' },
  'provider.invalid': { 'zh-CN': '名称、路径或大小不被平台接受', en: 'A name, path or size that the provider refuses' },
  'provider.busy': { 'zh-CN': '该桌面上另一项操作尚未结束', en: 'Another act on the desktop is not done yet' },
  'provider.state': { 'zh-CN': '桌面的实际电源状态不允许此操作', en: 'Its real power state does not allow it' },
  'provider.cancelled': { 'zh-CN': '已按要求停止', en: 'Stopped as asked' },
  'provider.timeout': { 'zh-CN': '平台在限定时间内未完成', en: 'The provider was not done in time' },
  'provider.unknown-outcome': {
    'zh-CN': '与平台的连接中断，结果未知',
    en: 'The connection was lost: nobody knows the outcome',
  },
  'provider.fault': { 'zh-CN': '平台内部错误', en: 'Something failed inside the provider' },
  'disk.no-space': { 'zh-CN': '存储空间不足', en: 'No space left on the storage' },
  'disk.corrupt': { 'zh-CN': '磁盘已损坏', en: 'The disk is corrupt' },
  'disk.locked': { 'zh-CN': '磁盘被其他进程占用', en: 'Another process holds the disk' },
  'disk.foreign': { 'zh-CN': '镜像引用了其他文件，不予打开', en: 'The image names other files and is not opened' },
  'guest.ignored-acpi': { 'zh-CN': '系统在宽限时间内未响应关机', en: 'The guest did not listen to its power button' },
  'guest.no-boot': { 'zh-CN': '系统未能启动', en: 'The guest did not start' },
  'guest.died': { 'zh-CN': '虚拟机进程已退出', en: 'The process of the machine ended' },
  // Of the engine that runs work orders.
  interrupted: { 'zh-CN': '执行进程中断', en: 'Its worker ended while it ran' },
  drained: { 'zh-CN': '执行进程正在退出，将自动继续', en: 'Its worker was asked to end; it goes on by itself' },
  'no-progress': { 'zh-CN': '长时间没有进展', en: 'No progress for too long' },
  timeout: { 'zh-CN': '执行超时', en: 'It took too long' },
  cancelled: { 'zh-CN': '已取消', en: 'It was cancelled' },
  'subject.gone': { 'zh-CN': '操作对象已不存在', en: 'What it worked on is gone' },
  'subject.taken': { 'zh-CN': '操作对象当前不允许此操作', en: 'What it works on does not allow it now' },
  'child.failed': { 'zh-CN': '外部程序执行失败', en: 'A program failed' },
  fault: { 'zh-CN': '内部错误', en: 'Something failed inside' },
}
