/** What can be done to a desktop, as data: buttons, keys, menu and palette are made of it. */
import type { DesktopRow } from '#contract/inventory'
import { allowedStates, mayDelete, whyNot as whyDesktop, type DesktopVerb, type WhyNot } from '#machine/inventory'
import type { Permission } from '#wire'
import { listText } from '../../lists/texts.ts'
import { desktopText } from './texts.ts'
import { stateWord, statesWord } from './words.ts'

export const acts = ['power-on', 'power-off', 'restart', 'snapshot', 'delete', 'force'] as const
export type Act = (typeof acts)[number]
/** Those that are always offered; force only of one that did not listen. */
export const plainActs = ['power-on', 'power-off', 'restart', 'snapshot', 'delete'] as const

interface Described {
  verb: DesktopVerb
  right: Permission
  key?: string
  word: 'powerOn' | 'powerOff' | 'restart' | 'snapshot' | 'delete' | 'force'
}
export const described: Record<Act, Described> = {
  'power-on': { verb: 'power-on', right: 'desktops:power', key: 'o', word: 'powerOn' },
  'power-off': { verb: 'power-off', right: 'desktops:power', key: 'shift+o', word: 'powerOff' },
  restart: { verb: 'restart', right: 'desktops:power', key: 'r', word: 'restart' },
  snapshot: { verb: 'snapshot', right: 'snapshots:write', key: 's', word: 'snapshot' },
  delete: { verb: 'delete', right: 'inventory:write', key: 'shift+d', word: 'delete' },
  force: { verb: 'power-off', right: 'desktops:power', word: 'force' },
}
export const actWord = (act: Act) => desktopText(described[act].word)

export interface Circumstances {
  may: (right: Permission) => boolean
  cut: boolean
  busy: boolean
}

/** Why nothing of that kind can be sent now. */
export function whyNothing(act: Act, { may, cut, busy }: Circumstances): string | null {
  if (!may(described[act].right)) return listText('reasonRole')
  if (cut) return listText('reasonOffline')
  return busy ? listText('reasonBusy') : null
}

export function whyNot(row: DesktopRow, act: Act, around: Circumstances): string | null {
  return whyNothing(act, around) ?? whyDesktopNot(row, act)
}

function whyDesktopNot(row: DesktopRow, act: Act): string | null {
  const { verb } = described[act]
  if (act === 'delete' && row.provider === 'agent') return whyAgentNot(row)
  const why = whyDesktop(row, verb, { force: act === 'force' })
  return why && sentence(row, verb, why)
}

function whyAgentNot({ runState, agentConnected }: DesktopRow): string | null {
  if (agentConnected) return desktopText('whyAgentHere')
  const allowed = statesWord(['off', 'offline', 'error'])
  return mayDelete(runState) ? null : desktopText('whyState', { state: stateWord(runState), allowed })
}

function sentence(row: DesktopRow, verb: DesktopVerb, { code, params }: WhyNot): string {
  if (code === 'desktop.state')
    return desktopText('whyState', { state: stateWord(row.runState), allowed: statesWord(allowedStates[verb]) })
  if (code === 'desktop.busy') return desktopText('whyBusy', { number: String(params['number']) })
  if (code === 'provider.not-offered') return desktopText('whyNotOffered')
  return desktopText(code === 'desktop.not-asked' ? 'whyNotAsked' : 'whySilent')
}
