import { untrack } from 'svelte'

/** Outcomes of acts, bottom right. Refusals stay until dismissed; the rest leave after six seconds. */
export interface Toast {
  id: number
  kind: 'done' | 'refused' | 'note'
  text: string
  detail?: string
  act?: { label: string; cap?: string; run: () => void }
}

class Toasts {
  shown = $state<Toast[]>([])
  #next = 1

  add(toast: Omit<Toast, 'id'>): number {
    const id = this.#next++
    // Read without being followed: an effect that says something must not run again because it was said.
    this.shown = [...untrack(() => this.shown).slice(-4), { ...toast, id }]
    if (toast.kind !== 'refused') setTimeout(() => this.dismiss(id), 6000)
    return id
  }

  done = (text: string, act?: Toast['act']) => this.add({ kind: 'done', text, ...(act ? { act } : {}) })
  refused = (text: string, detail?: string, act?: Toast['act']) =>
    this.add({ kind: 'refused', text, ...(detail ? { detail } : {}), ...(act ? { act } : {}) })

  dismiss(id: number) {
    this.shown = this.shown.filter((toast) => toast.id !== id)
  }
}

export const toasts = new Toasts()
