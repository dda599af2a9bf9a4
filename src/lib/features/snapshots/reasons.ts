/** Why something cannot be done with a snapshot or its desktop now: the server's own rules, in a few words. */
import type { DesktopRow } from '#contract/inventory'
import type { SnapshotRow } from '#contract/snapshots'
import { allowedStates, runStateNames, whyNot as whyNotDesktop, type DesktopVerb } from '#machine/inventory'
import { whyNot as whyNotSnapshot, type SnapshotVerb } from '#machine/snapshots'
import { say } from '../../i18n/words.ts'
import { listText } from '../../lists/texts.ts'
import { snapshotText } from './texts.ts'
import { stateWord } from './words.ts'

export interface Circumstances {
  mayWrite: boolean
  cut: boolean
  busy: boolean
}

export function whyNothing({ mayWrite, cut, busy }: Circumstances): string | null {
  if (!mayWrite) return listText('reasonRole')
  if (cut) return listText('reasonOffline')
  return busy ? listText('reasonBusy') : null
}

/** Of delete an image made from it is no reason to grey the button: the refusal brings the links. */
export function whyState(row: SnapshotRow, verb: SnapshotVerb): string | null {
  return whyNotSnapshot(row, verb)?.code === 'snapshot.state' ? stateWord(row.state) : null
}

export function whyDesktop(desktop: DesktopRow, verb: DesktopVerb): string | null {
  const why = whyNotDesktop(desktop, verb)
  if (!why) return null
  if (why.code === 'desktop.busy')
    return snapshotText('whyBusy', { number: desktop.orders[0]?.number ?? String(why.params['number']) })
  if (why.code === 'provider.unavailable') return snapshotText('whySilent')
  if (why.code !== 'desktop.state') return snapshotText('whyElse')
  const allowed = allowedStates[verb].map((state) => say(runStateNames[state])).join(snapshotText('or'))
  return snapshotText('whyDesktop', { state: say(runStateNames[desktop.runState]), allowed })
}
