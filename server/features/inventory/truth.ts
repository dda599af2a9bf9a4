/** What a provider says of a desktop's power, and what that makes of the desktop. Pure. */
import type { PowerState } from '../../fleet/provider.ts'
import type { RunState } from './contract.ts'
import type { DesktopDoc } from './model.ts'
import { running } from './power-decide.ts'

export type Seen = PowerState | 'missing'

/** null: nothing new. What is under way ends by itself; then the truth is looked at again. */
export function reconciled(doc: DesktopDoc, seen: Seen, now: number): DesktopDoc | null {
  const known: DesktopDoc = doc.unknownSince ? { ...doc, unknownSince: null } : doc
  if (!isUnderWay(doc)) {
    const runState = stateOf(doc, seen)
    const trouble = troubleOf(doc, seen, now)
    if (runState !== doc.runState || trouble !== (doc.trouble ?? null)) return { ...known, runState, trouble }
  }
  return known === doc ? null : known
}

/** Its provider does not answer: nobody can tell, unless its own agent proves that it runs. */
export const silenced = (doc: DesktopDoc, since: number): DesktopDoc | null =>
  doc.unknownSince || doc.agent?.connected ? null : { ...doc, unknownSince: since }

/** Worth a second look before it is believed: a fleet that has just begun starts what ran, and its agents tell. */
export const needsConfirming = (doc: DesktopDoc, seen: Seen): boolean =>
  !isUnderWay(doc) && (seen === 'running' || seen === 'missing') && stateOf(doc, seen) !== doc.runState

function isUnderWay({ act, runState }: DesktopDoc): boolean {
  return Boolean(act) || runState === 'creating' || runState === 'deleting'
}

function stateOf(doc: DesktopDoc, seen: Seen): RunState {
  if (seen === 'missing') return 'error'
  if (seen !== 'running') return seen
  return doc.runState === 'online' || doc.runState === 'offline' ? doc.runState : running(doc)
}

function troubleOf(doc: DesktopDoc, seen: Seen, now: number): DesktopDoc['trouble'] {
  const trouble = doc.trouble ?? null
  const isMissing = trouble?.code === missing
  if (seen === 'missing')
    return isMissing ? trouble : { code: missing, message: 'its provider knows no such desktop', at: now }
  // One that did not listen and is off now has been seen to.
  return isMissing || (seen === 'off' && trouble?.code === 'guest.ignored-acpi') ? null : trouble
}
const missing = 'provider.unknown-desktop'
