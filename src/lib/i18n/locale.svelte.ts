import { keep, readKept } from '../session/kept.ts'

export type Locale = 'zh-CN' | 'en'

function first(): Locale {
  const asked = new URLSearchParams(location.search).get('lang')
  const spoken = asked ?? readKept().language ?? navigator.language
  return spoken.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en'
}

class CurrentLocale {
  current = $state<Locale>(first())
  /** The operator's; undefined: the browser's. */
  zone = $state<string>()
  /** Chosen in this browser, so the operator's stored language does not override it. */
  chosen = readKept().language !== undefined || new URLSearchParams(location.search).has('lang')

  set(next: Locale, chosen = true) {
    this.current = next
    document.documentElement.lang = next
    if (!chosen) return
    this.chosen = true
    keep({ language: next })
  }

  get zh() {
    return this.current === 'zh-CN'
  }
}

export const locale = new CurrentLocale()
