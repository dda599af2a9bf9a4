import { locale } from '../../i18n/locale.svelte.ts'
import { fixed, fluid, type Column } from '../../ui/columns.ts'
import { alarmText } from './texts.ts'

/** Widths per language: two Chinese characters take the room of eight letters. Columns leave in the design's order. */
export function alarmColumns(history: boolean): Column[] {
  const zh = locale.zh
  const columns: Column[] = [
    fixed('severity', alarmText('colSeverity'), zh ? 52 : 50),
    fixed('state', alarmText('colState'), zh ? 86 : 84),
    fluid('desktop', alarmText('colDesktop'), 118, 0.95),
    fluid('symptom', alarmText('colSymptom'), 112, 1.4),
    fluid('user', alarmText('colUser'), zh ? 58 : 72, 0.7, { leaves: 3 }),
    fluid('business', alarmText('colBusiness'), zh ? 62 : 74, 0.7, { leaves: 1 }),
    fluid('host', alarmText('colHost'), 78, 0.6, { leaves: 5 }),
    fluid('pool', alarmText('colPool'), 78, 0.6, { leaves: 1 }),
    fluid('type', alarmText('colType'), 66, 0.5, { leaves: 1 }),
    fixed('count', alarmText('colCount'), 26, { leaves: 4, end: true }),
    fixed('age', history ? alarmText('colEnded') : alarmText('colAge'), history ? 104 : 54, { end: true }),
    fixed('here', alarmText('colHere'), 40, { leaves: 2 }),
    fluid('owner', alarmText('colOwner'), zh ? 56 : 66, 0.7),
    fluid('acknowledgedBy', alarmText('colAcknowledgedBy'), zh ? 56 : 66, 0.7, { leaves: 1 }),
  ]
  return history ? columns.filter(({ id }) => !['here', 'pool', 'type', 'acknowledgedBy'].includes(id)) : columns
}
