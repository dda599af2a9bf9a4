import { catalogue } from '../i18n/catalogue.ts'

export const gateText = catalogue(
  {
    new: '{n} new',
    left: '{n} moved out',
    stays: 'rows stay where they are;',
    show: 'shows them',
    none: 'Up to date',
    at: 'last change {time}',
    frozen: 'Frozen: nothing moves',
  },
  {
    new: '{n} 条新增',
    left: '{n} 条已离开',
    stays: '行保持不动，按',
    show: '显示',
    none: '已是最新',
    at: '末次变化 {time}',
    frozen: '已冻结，列表不动',
  },
)
