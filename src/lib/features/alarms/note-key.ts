const patienceMs = 3000

/**
 * What is typed after the key for a note belongs into the note, also while its field is still on the way: as commands the
 * same letters would claim, shelve and close.
 */
export async function intoNote(field: () => { note: (typed: string) => void } | undefined): Promise<void> {
  let typed = ''
  const keep = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    event.stopImmediatePropagation()
    if (event.key.length === 1) typed += event.key
  }
  addEventListener('keydown', keep, true)
  try {
    const until = performance.now() + patienceMs
    while (!field() && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 16))
    field()?.note(typed)
  } finally {
    removeEventListener('keydown', keep, true)
  }
}
