import { IntlMessageFormat } from 'intl-messageformat'
import { locale, type Locale } from './locale.svelte.ts'

export type Params = Record<string, string | number>

const compiled: Record<Locale, Map<string, IntlMessageFormat>> = { 'zh-CN': new Map(), en: new Map() }

function format(language: Locale, message: string, params: Params | undefined): string {
  if (!message.includes('{')) return message
  let known = compiled[language].get(message)
  if (!known) compiled[language].set(message, (known = new IntlMessageFormat(message, language)))
  return String(known.format(params))
}

/** One room's texts in both languages; the types make a key missing in one of them an error. */
export function catalogue<K extends string>(en: Record<K, string>, zh: Record<NoInfer<K>, string>) {
  return (key: NoInfer<K>, params?: Params): string =>
    format(locale.current, (locale.zh ? zh : en)[key], params)
}
