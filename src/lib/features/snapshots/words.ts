import type { Consistency, SnapshotState } from '#contract/snapshots'
import { snapshotStateNames } from '#machine/snapshots'
import { capital, say } from '../../i18n/words.ts'
import type { GlyphName } from '../../ui/glyphs.ts'
import { snapshotText } from './texts.ts'

export const stateWord = (state: SnapshotState) => capital(say(snapshotStateNames[state]))

export const stateGlyph = (state: SnapshotState): GlyphName =>
  state === 'available' ? 'succeeded' : state === 'failed' ? 'failed' : 'running'

export const consistencyWord = (value: Consistency) => snapshotText(value === 'clean' ? 'clean' : 'crashConsistent')
export const consistencyWhy = (value: Consistency) =>
  snapshotText(value === 'clean' ? 'cleanWhy' : 'crashConsistentWhy')
