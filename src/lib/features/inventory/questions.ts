/** What may be asked of the list of desktops. */
import { providers, runStates } from '#contract/inventory'
import type { Field, Questions, Values } from '../../lists/list-query.ts'
import { desktopText } from './texts.ts'
import { providerWord, runGlyph, stateWord } from './words.ts'

export const tabs = ['desktops', 'pools'] as const

const text = (key: string, label: Field['label'], more: Partial<Field> = {}): Field => ({
  key,
  label,
  kind: 'text',
  ...more,
})

export const sorts = ['name', 'state', 'host', 'pool', 'user'] as const
const sortTexts = {
  name: 'sortName',
  state: 'sortState',
  host: 'sortHost',
  pool: 'sortPool',
  user: 'sortUser',
} as const
export const sortName = (sort: (typeof sorts)[number]) => desktopText(sortTexts[sort])

export const questions: Questions = {
  tabs,
  sorts,
  fields: [
    {
      key: 'runState',
      label: () => desktopText('fieldState'),
      kind: 'choice',
      choices: () => runStates.map((value) => ({ value, label: stateWord(value), glyph: runGlyph(value) })),
      offered: true,
    },
    text('pool', () => desktopText('fieldPool'), { offered: true }),
    text('host', () => desktopText('fieldHost'), { offered: true }),
    text('user', () => desktopText('fieldUser'), { offered: true }),
    {
      key: 'provider',
      label: () => desktopText('fieldProvider'),
      kind: 'choice',
      choices: () => providers.map((value) => ({ value, label: providerWord(value) })),
      offered: true,
    },
    text('text', () => desktopText('fieldText'), { offered: true }),
    text('region', () => desktopText('fieldRegion')),
  ],
}

/** null: no desktops at all. */
export const tabValues = (tab: string): Values | null => (tab === 'pools' ? null : {})
