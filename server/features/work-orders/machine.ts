/** The machine of a work order (施工结果): which event leads where. Pure, the same on server and screen. */
import type { OrderState, OrderVerb } from './contract.ts'

export type OrderEvent = OrderVerb | 'take' | 'succeed' | 'fail' | 'give-back'

/** Absent: refused in that state. */
const table: Record<OrderState, Partial<Record<OrderEvent, OrderState>>> = {
  scheduled: { pause: 'paused', cancel: 'cancelled', take: 'running' },
  paused: { resume: 'scheduled', cancel: 'cancelled' },
  running: { succeed: 'succeeded', fail: 'failed', cancel: 'cancelled', 'give-back': 'scheduled' },
  succeeded: {},
  failed: { 're-execute': 'scheduled' },
  cancelled: {},
}

/** null: the event is refused in that state. */
export function after(state: OrderState, event: OrderEvent): OrderState | null {
  return table[state][event] ?? null
}

/** Whether a person's act makes sense now: greys the button and refuses the request. */
export const may = (state: OrderState, verb: OrderVerb): boolean => after(state, verb) !== null

/** As the manual prints them; in refusals and on buttons. */
export const stateNames: Record<OrderState, { 'zh-CN': string; en: string }> = {
  scheduled: { 'zh-CN': '待调度', en: 'scheduled' },
  paused: { 'zh-CN': '已暂停', en: 'paused' },
  running: { 'zh-CN': '执行中', en: 'running' },
  succeeded: { 'zh-CN': '已完成', en: 'completed' },
  failed: { 'zh-CN': '失败', en: 'failed' },
  cancelled: { 'zh-CN': '已取消', en: 'cancelled' },
}
export const verbNames: Record<OrderVerb, { 'zh-CN': string; en: string }> = {
  pause: { 'zh-CN': '暂停', en: 'pause' },
  resume: { 'zh-CN': '恢复', en: 'resume' },
  cancel: { 'zh-CN': '取消', en: 'cancel' },
  're-execute': { 'zh-CN': '重新执行', en: 're-execute' },
}

/** Of several wrong states in a batch, the one that the refusal names: completed first. */
export const namedFirst: readonly OrderState[] = ['succeeded', 'running', 'failed', 'cancelled', 'paused', 'scheduled']
