/** States of a snapshot and what may be done in each; the same rule greys the button and refuses the request. */
import type { SnapshotRow, SnapshotState } from './contract.ts'

export const snapshotVerbs = ['restore', 'delete', 'make-image'] as const
export type SnapshotVerb = (typeof snapshotVerbs)[number]

/** States in which each act is possible. A desktop must also allow it: `whyNot` of the inventory's machine. */
const allowedStates: Record<SnapshotVerb, readonly SnapshotState[]> = {
  restore: ['available'],
  delete: ['available', 'failed'],
  'make-image': ['available'],
}

export interface WhyNot {
  code: 'snapshot.state' | 'snapshot.has-image'
  params: Record<string, unknown>
}

/** null: it may be done. The delete button stays enabled for `snapshot.has-image`: the refusal brings the links. */
export function whyNot({ state, images }: Pick<SnapshotRow, 'state' | 'images'>, verb: SnapshotVerb): WhyNot | null {
  if (!allowedStates[verb].includes(state))
    return { code: 'snapshot.state', params: { state, stateName: snapshotStateNames[state] } }
  if (verb === 'delete' && images.length > 0) return { code: 'snapshot.has-image', params: { images } }
  return null
}

interface Words {
  'zh-CN': string
  en: string
}
export const snapshotStateNames: Record<SnapshotState, Words> = {
  creating: { 'zh-CN': '创建中', en: 'being created' },
  available: { 'zh-CN': '可用', en: 'available' },
  failed: { 'zh-CN': '失败', en: 'failed' },
  restoring: { 'zh-CN': '恢复中', en: 'being restored' },
  deleting: { 'zh-CN': '删除中', en: 'being deleted' },
}
