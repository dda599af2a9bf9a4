import { actions } from '../../console/actions.svelte.ts'
import type { Desk } from './desk.svelte.ts'
import type { Doing } from './page-actions.ts'
import type { Triage } from './triage.svelte.ts'

/** Acts and keys come right after the first paint; what it returns takes the keys away again. */
export async function arm(
  desk: Desk,
  hands: Pick<Doing, 'step' | 'search' | 'note'>,
  ready: (triage: Triage) => void,
): Promise<() => void> {
  const [{ Triage }, { deskActions }] = await Promise.all([import('./triage.svelte.ts'), import('./page-actions.ts')])
  const triage = new Triage(desk)
  ready(triage)
  return actions.offer(deskActions({ desk, triage, ...hands }))
}
