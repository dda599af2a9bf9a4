import { toasts } from '../ui/toasts.svelte.ts'

/** Actions as data: the same list feeds buttons, keys, the key map and the command palette. */
export interface Action {
  id: string
  group: 'go' | 'list' | 'row' | 'show'
  label: () => string
  /** As in "j", "Enter", "?", "mod+k". Several: the first is shown. */
  keys?: readonly string[]
  /** Why it cannot run now; null when it can. */
  reason?: () => string | null
  run: () => void
}

class Actions {
  #sets = $state.raw<readonly (readonly Action[])[]>([])
  readonly all = $derived(this.#sets.flat())

  /** For as long as the page that offers them is there. */
  offer(set: readonly Action[]): () => void {
    this.#sets = [...this.#sets, set]
    return () => {
      this.#sets = this.#sets.filter((each) => each !== set)
    }
  }

  /** One that cannot run says why. */
  run(action: Action) {
    const reason = action.reason?.() ?? null
    if (reason === null) action.run()
    else toasts.add({ kind: 'note', text: `${action.label()}: ${reason}` })
  }

  onkeydown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open]')) return
    const pressed = keyOf(event)
    if (isTyping(event) && !pressed.startsWith('mod+')) return
    if (event.key === 'Enter' && isControl(event)) return
    const action = this.all.findLast((each) => each.keys?.includes(pressed))
    if (!action) return
    event.preventDefault()
    this.run(action)
  }
}

export const actions = new Actions()

function keyOf(event: KeyboardEvent): string {
  const mod = event.ctrlKey || event.metaKey ? 'mod+' : ''
  const alt = event.altKey ? 'alt+' : ''
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key
  const shift = event.shiftKey && (event.key.length > 1 || /[a-z]/i.test(event.key)) ? 'shift+' : ''
  return mod + alt + shift + name
}

const isTyping = ({ target }: KeyboardEvent) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches('input:not([type=checkbox]), textarea, select'))
const isControl = ({ target }: KeyboardEvent) =>
  target instanceof HTMLElement && target.closest('button, a, [role="menuitem"]') !== null

const apple = /mac|iphone|ipad/i.test(navigator.userAgent)
const caps: Record<string, string> = { ArrowDown: '↓', ArrowUp: '↑', Escape: 'Esc', Enter: '↵' }

/** As printed on a key cap. */
export function capOf(keys: string): string {
  return keys
    .split('+')
    .map((key) => (key === 'mod' ? (apple ? '⌘' : 'Ctrl') : key === 'shift' ? '⇧' : (caps[key] ?? key.toUpperCase())))
    .join(apple ? '' : ' ')
}
