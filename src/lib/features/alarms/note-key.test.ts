import { expect, it, vi } from 'vitest'
import { intoNote } from './note-key.ts'

it('letters typed before the field of a note is there go into the note and do nothing else', async () => {
  const commands = vi.fn()
  addEventListener('keydown', commands)
  const note = vi.fn()
  const pane: { field?: { note: (typed: string) => void } } = {}
  const done = intoNote(() => pane.field)
  for (const key of ['a', 'c', 'Shift', 'e']) dispatchEvent(new KeyboardEvent('keydown', { key }))
  pane.field = { note }
  await done
  expect(note).toHaveBeenCalledWith('ace')
  expect(commands).not.toHaveBeenCalled()
  dispatchEvent(new KeyboardEvent('keydown', { key: 'a' }))
  expect(commands).toHaveBeenCalledOnce()
})
