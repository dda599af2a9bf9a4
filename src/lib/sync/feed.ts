import type { ErrorCode, Frame, Heartbeat, PageAnswer, SubAnswer, SubRequest, WindowPush } from '#wire'

/** Something the connection keeps current: a whole room or a window of one. */
export interface Feed {
  readonly room: string | null
  request(): SubRequest
  nextPage(): { view: string; cut: string; page: number } | null
  answer(answer: SubAnswer): 'ok' | 'gap'
  page(cut: string, page: number, answer: PageAnswer): void
  frame(frame: Frame): 'ok' | 'gap'
  push(push: WindowPush): 'ok' | 'gap'
  heartbeat(heartbeat: Heartbeat): 'ok' | 'gap'
  /** True: that is final for what it asked. */
  refused?(code: ErrorCode): boolean
  /** Pages cannot be had any more. */
  abandon(): void
  disconnected(): void
  clear(): void
}

/** Runs at most once per animation frame; a hidden page has none, so a timer stands in. */
export function perFrame(run: () => void): () => void {
  let asked = false
  const go = () => {
    asked = false
    run()
  }
  return () => {
    if (asked) return
    asked = true
    if (document.hidden) setTimeout(go, 100)
    else requestAnimationFrame(go)
  }
}
