import { flushSync } from 'svelte'
import { expect, test } from 'vitest'
import { toasts } from './toasts.svelte.ts'

test('an effect that says something says it once', () => {
  let runs = 0
  const end = $effect.root(() => {
    $effect(() => {
      runs++
      toasts.add({ kind: 'refused', text: 'There is a new version' })
    })
  })
  flushSync()
  expect(runs).toBe(1)
  expect(toasts.shown).toHaveLength(1)
  end()
})
