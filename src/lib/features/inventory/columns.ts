import { locale } from '../../i18n/locale.svelte.ts'
import { fixed, fluid, type Column } from '../../ui/columns.ts'
import { listText } from '../../lists/texts.ts'
import { desktopText } from './texts.ts'
import { stateWord } from './words.ts'

/** Which provider a desktop is from is always said: that column never leaves. */
export const desktopColumns = (): Column[] => [
  fixed('select', listText('select'), 20, { unlabelled: true }),
  fluid('name', desktopText('colName'), 128, 1),
  fixed('state', desktopText('colState'), locale.zh ? 92 : 96),
  fluid('doing', desktopText('colDoing'), 118, 0.8, { leaves: 4 }),
  fixed('provider', desktopText('colProvider'), locale.zh ? 64 : 76),
  fluid('pool', desktopText('colPool'), 84, 0.7, { leaves: 3 }),
  fluid('host', desktopText('colHost'), 84, 0.6, { leaves: 5 }),
  fluid('region', desktopText('colRegion'), 72, 0.5, { leaves: 1 }),
  fluid('user', desktopText('colUser'), 76, 0.7, { leaves: 6 }),
  fluid('agent', desktopText('colAgent'), 78, 0.5, { leaves: 2 }),
  fixed('here', desktopText('colHere'), 44, { leaves: 2 }),
]

export const poolColumns = (): Column[] => [
  fluid('name', desktopText('colPool'), 140, 1),
  fluid('business', desktopText('factBusiness'), 90, 0.8, { leaves: 3 }),
  fluid('region', desktopText('colRegion'), 72, 0.5, { leaves: 2 }),
  fluid('provider', desktopText('colProvider'), 76, 0.5),
  fluid('licensed', desktopText('colLicensed'), 84, 0.5, { leaves: 1 }),
  fixed('total', desktopText('colTotal'), 64, { end: true }),
  fixed('online', stateWord('online'), 68, { end: true }),
  fixed('offline', stateWord('offline'), 68, { end: true }),
  fixed('off', stateWord('off'), 56, { end: true }),
  fixed('error', stateWord('error'), 64, { end: true }),
]
