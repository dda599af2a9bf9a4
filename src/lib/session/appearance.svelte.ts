import { keep, readKept, type Kept } from './kept.ts'

export const themes = ['system', 'dark', 'light'] as const
export const densities = ['compact', 'normal', 'roomy'] as const
type Theme = (typeof themes)[number]
type Density = (typeof densities)[number]

class Appearance {
  theme = $state<Theme>(readKept().theme ?? 'system')
  density = $state<Density>(readKept().density ?? 'normal')

  set(change: Pick<Kept, 'theme' | 'density'>) {
    keep(change)
    this.#apply(change)
  }

  /** What the operator chose elsewhere counts until this browser has a choice of its own. */
  suggest(stored: { theme?: string | null; density?: string | null }) {
    const kept = readKept()
    const theme = themes.find((known) => known === stored.theme)
    const density = densities.find((known) => known === stored.density)
    this.#apply({ ...(theme && !kept.theme ? { theme } : {}), ...(density && !kept.density ? { density } : {}) })
  }

  #apply(change: Pick<Kept, 'theme' | 'density'>) {
    const root = document.documentElement
    if (change.density) root.dataset['density'] = this.density = change.density
    if (!change.theme) return
    this.theme = change.theme
    const system = matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark'
    root.dataset['theme'] = change.theme === 'system' ? system : change.theme
  }
}

export const appearance = new Appearance()
