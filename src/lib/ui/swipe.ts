import type { Attachment } from 'svelte/attachments'

export const armedAt = 96

export interface SwipeEvents {
  /** px to the right, 0 when let go. */
  moved: (by: number) => void
  released: () => void
  enabled: () => boolean
}

/** A swipe to the right that arms at 96 px. Vertical scrolling stays the browser's. */
export function swipe({ moved, released, enabled }: SwipeEvents): Attachment<HTMLElement> {
  return (element) => {
    let from: { x: number; y: number } | null = null
    let by = 0
    let swiped = false

    const down = (event: PointerEvent) => {
      if (event.isPrimary && enabled()) from = { x: event.clientX, y: event.clientY }
      swiped = false
    }
    const move = (event: PointerEvent) => {
      if (!from) return
      const x = event.clientX - from.x
      if (by === 0 && (Math.abs(event.clientY - from.y) > 10 || x < 0)) return void (from = null)
      if (x < 10 && by === 0) return
      if (by === 0) element.setPointerCapture(event.pointerId)
      const before = by
      by = Math.max(1, Math.min(x, 160))
      swiped = true
      if (before < armedAt && by >= armedAt && 'vibrate' in navigator) navigator.vibrate(12)
      moved(by)
    }
    const up = (event: PointerEvent) => {
      const armed = event.type === 'pointerup' && by >= armedAt
      from = null
      by = 0
      if (swiped) moved(0)
      if (armed) released()
    }
    // The click that ends a swipe opens nothing.
    const click = (event: MouseEvent) => {
      if (!swiped) return
      event.preventDefault()
      event.stopPropagation()
    }
    element.addEventListener('pointerdown', down)
    element.addEventListener('pointermove', move)
    element.addEventListener('pointerup', up)
    element.addEventListener('pointercancel', up)
    element.addEventListener('click', click, true)
    return () => {
      element.removeEventListener('pointerdown', down)
      element.removeEventListener('pointermove', move)
      element.removeEventListener('pointerup', up)
      element.removeEventListener('pointercancel', up)
      element.removeEventListener('click', click, true)
    }
  }
}
