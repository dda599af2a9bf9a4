import type { Attachment } from 'svelte/attachments'

export const armedAt = 96
const most = 160
const holdMs = 450

export interface SwipeEvents {
  /** px to the right, negative to the left, 0 when let go. */
  moved: (by: number) => void
  released: (side: 'right' | 'left') => void
  /** A finger that rests on it. */
  held: () => void
  enabled: (side: 'right' | 'left') => boolean
}

/** A swipe to either side that arms at 96 px, and a long press. Vertical scrolling stays the browser's. */
export function swipe({ moved, released, held, enabled }: SwipeEvents): Attachment<HTMLElement> {
  return (element) => {
    let from: { x: number; y: number } | null = null
    let by = 0
    /** This touch was a gesture: the click that ends it opens nothing. */
    let used = false
    let told = false
    let holding: ReturnType<typeof setTimeout> | undefined

    const hold = () => {
      from = null
      used = true
      if ('vibrate' in navigator) navigator.vibrate(12)
      held()
    }
    const down = (event: PointerEvent) => {
      used = told = false
      if (!event.isPrimary) return
      from = { x: event.clientX, y: event.clientY }
      if (event.pointerType !== 'mouse') holding = setTimeout(hold, holdMs)
    }
    const move = (event: PointerEvent) => {
      if (!from) return
      const x = event.clientX - from.x
      if (by === 0 && Math.abs(x) < 10 && Math.abs(event.clientY - from.y) <= 10) return
      clearTimeout(holding)
      const side = x > 0 ? 'right' : 'left'
      if (by === 0 && (Math.abs(event.clientY - from.y) > 10 || !enabled(side))) return void (from = null)
      if (by === 0) element.setPointerCapture(event.pointerId)
      const least = enabled('left') ? -most : 1
      by = Math.max(least, Math.min(x, enabled('right') ? most : -1)) || 1
      used = true
      if (!told && Math.abs(by) >= armedAt && 'vibrate' in navigator) navigator.vibrate(12)
      told ||= Math.abs(by) >= armedAt
      moved(by)
    }
    const up = (event: PointerEvent) => {
      clearTimeout(holding)
      const side = event.type !== 'pointerup' || Math.abs(by) < armedAt ? null : by > 0 ? 'right' : 'left'
      if (by !== 0) moved(0)
      from = null
      by = 0
      if (side) released(side)
    }
    const click = (event: MouseEvent) => {
      if (!used) return
      used = false
      event.preventDefault()
      event.stopPropagation()
    }
    /** The mouse's, or the keyboard's: a finger's comes from `hold`, which every browser has. */
    const menu = (event: MouseEvent) => {
      event.preventDefault()
      if (!used && !(event instanceof PointerEvent && event.pointerType === 'touch')) held()
    }
    const done = new AbortController()
    const { signal } = done
    element.addEventListener('pointerdown', down, { signal })
    element.addEventListener('pointermove', move, { signal })
    element.addEventListener('pointerup', up, { signal })
    element.addEventListener('pointercancel', up, { signal })
    element.addEventListener('contextmenu', menu, { signal })
    element.addEventListener('click', click, { signal, capture: true })
    return () => {
      clearTimeout(holding)
      done.abort()
    }
  }
}
