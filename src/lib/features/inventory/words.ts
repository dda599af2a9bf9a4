import type { DesktopRow, PowerVerb, Provider, RunState, Trouble } from '#contract/inventory'
import type { SnapshotRow } from '#contract/snapshots'
import { runStateNames } from '#machine/inventory'
import { bytes } from '../../i18n/bytes.ts'
import { faultWord } from '../../i18n/faults.ts'
import { locale } from '../../i18n/locale.svelte.ts'
import { capital, say } from '../../i18n/words.ts'
import type { GlyphName } from '../../ui/glyphs.ts'
import { stateWord as snapshotStateWord } from '../snapshots/words.ts'
import { desktopText } from './texts.ts'

export const stateWord = (state: RunState) => capital(say(runStateNames[state]))
export const statesWord = (states: readonly RunState[]) =>
  states.map((state) => say(runStateNames[state])).join(locale.zh ? '、' : ', ')

const glyphOf: Record<RunState, GlyphName> = {
  creating: 'running',
  off: 'off',
  starting: 'running',
  online: 'online',
  offline: 'offline',
  stopping: 'running',
  error: 'failed',
  deleting: 'running',
}
export const runGlyph = (state: RunState) => glyphOf[state]
export const glyphNow = ({ runState, unknownSince }: Pick<DesktopRow, 'runState' | 'unknownSince'>): GlyphName =>
  unknownSince === null ? glyphOf[runState] : 'timeout'

const providerTexts = { qemu: 'providerQemu', simulated: 'providerSimulated', agent: 'providerAgent' } as const
export const providerWord = (provider: Provider) => desktopText(providerTexts[provider])

const doing = { 'power-on': 'doingPowerOn', 'power-off': 'doingPowerOff', restart: 'doingRestart' } as const
export const doingWord = ({ verb, forced }: { verb: PowerVerb; forced: boolean }) =>
  desktopText(forced ? 'doingForce' : doing[verb])

export const troubleWord = ({ code, message }: Trouble): string => faultWord(code) ?? (message || code)

export const snapshotWord = ({ state, bytes: size }: Pick<SnapshotRow, 'state' | 'bytes'>) =>
  [snapshotStateWord(state), size !== null && bytes(size)].filter(Boolean).join(' · ')
