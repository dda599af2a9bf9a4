import { locale, type Locale } from './locale.svelte.ts'
import { formatMessage, type Params } from './message.ts'

const rules: Record<Locale, Intl.PluralRules> = {
  'zh-CN': new Intl.PluralRules('zh-CN'),
  en: new Intl.PluralRules('en'),
}

/** One room's texts in both languages; the types make a key missing in one of them an error. */
export function catalogue<K extends string>(en: Record<K, string>, zh: Record<NoInfer<K>, string>) {
  return (key: NoInfer<K>, params: Params = {}): string =>
    formatMessage((locale.zh ? zh : en)[key], params, rules[locale.current])
}
