import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'

const mostLooks = 5

/** What axe finds in a picture that stands still: of one that moved while it was looked at, colours say nothing. */
export async function faultsOf(page: Page) {
  for (let look = 1; ; look++) {
    await page.evaluate(async () => {
      const passing = document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime !== Infinity)
      await Promise.allSettled(passing.map(({ finished }) => finished))
      const root = document.documentElement
      delete root.dataset['moved']
      for (const kind of ['transitionrun', 'animationstart'])
        document.addEventListener(kind, () => (root.dataset['moved'] = 'yes'), { once: true, capture: true })
    })
    const { violations } = await new AxeBuilder({ page }).analyze()
    const moved = await page.evaluate(() => document.documentElement.dataset['moved'] === 'yes')
    if (violations.length === 0 || !moved || look === mostLooks) return violations
  }
}
