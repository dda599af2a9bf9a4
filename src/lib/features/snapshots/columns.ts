import { locale } from '../../i18n/locale.svelte.ts'
import type { Column } from '../../ui/columns.ts'
import { snapshotText } from './texts.ts'

export function snapshotColumns(): Column[] {
  const zh = locale.zh
  return [
    { id: 'name', label: snapshotText('name'), track: 'minmax(174px, 1.4fr)', least: 174 },
    { id: 'state', label: snapshotText('state'), track: zh ? '84px' : '124px', least: zh ? 84 : 124 },
    { id: 'desktop', label: snapshotText('desktop'), track: 'minmax(120px, 1fr)', least: 120 },
    {
      id: 'consistency',
      label: snapshotText('consistency'),
      track: zh ? '86px' : '122px',
      least: zh ? 86 : 122,
      leaves: 2,
    },
    { id: 'size', label: snapshotText('size'), track: '72px', least: 72, end: true, leaves: 4 },
    { id: 'taken', label: snapshotText('taken'), track: '132px', least: 132, leaves: 5 },
    { id: 'who', label: snapshotText('takenBy'), track: 'minmax(80px, 0.6fr)', least: 80, leaves: 1 },
    { id: 'acts', label: snapshotText('acts'), track: zh ? '116px' : '170px', least: zh ? 116 : 170, leaves: 3 },
  ]
}
