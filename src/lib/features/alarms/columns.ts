import type { Column } from '../../ui/columns.ts'
import { locale } from '../../i18n/locale.svelte.ts'
import { alarmText } from './texts.ts'

/** Widths per language: two Chinese characters take the room of eight letters. Columns leave in the design's order. */
export function alarmColumns(history: boolean): Column[] {
  const zh = locale.zh
  const fixed = (id: string, label: string, px: number, more: Partial<Column> = {}): Column => ({
    id,
    label,
    track: `${px}px`,
    least: px,
    ...more,
  })
  const columns: Column[] = [
    fixed('severity', alarmText('colSeverity'), zh ? 52 : 50),
    fixed('state', alarmText('colState'), zh ? 86 : 84),
    { id: 'desktop', label: alarmText('colDesktop'), track: 'minmax(118px, 1fr)', least: 118 },
    { id: 'symptom', label: alarmText('colSymptom'), track: 'minmax(112px, 1.4fr)', least: 112 },
    fixed('user', alarmText('colUser'), zh ? 58 : 72, { leaves: 3 }),
    fixed('business', alarmText('colBusiness'), zh ? 62 : 74, { leaves: 1 }),
    fixed('host', alarmText('colHost'), 78, { leaves: 5 }),
    fixed('count', alarmText('colCount'), 26, { leaves: 4, end: true }),
    fixed('age', history ? alarmText('colEnded') : alarmText('colAge'), history ? 104 : 46, { end: true }),
    fixed('here', alarmText('colHere'), 40, { leaves: 2 }),
    fixed('owner', alarmText('colOwner'), zh ? 56 : 66),
  ]
  return history ? columns.filter((column) => column.id !== 'here') : columns
}
