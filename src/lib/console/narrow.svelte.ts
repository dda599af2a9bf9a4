/** Layout widths of the design, followed live. */
class Width {
  yes = $state(false)
  constructor(query: string) {
    const list = matchMedia(query)
    this.yes = list.matches
    list.addEventListener('change', () => (this.yes = list.matches))
  }
}

/** One pane, tab bar, acts at the bottom. */
export const narrow = new Width('(max-width: 719px)')
