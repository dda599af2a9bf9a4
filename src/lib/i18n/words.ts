import { locale } from './locale.svelte.ts'

/** What server and browser both say of a thing. */
export interface Words {
  'zh-CN': string
  en: string
}
export const say = (words: Words) => words[locale.current]
export const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
