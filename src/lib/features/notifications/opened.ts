import { goto } from '$app/navigation'

/** A notification of the system was touched while a page was open: it goes there, without loading anew. */
export function followOpened(): void {
  navigator.serviceWorker.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (typeof data !== 'object' || data === null || !('kind' in data) || data.kind !== 'open') return
    if ('link' in data && typeof data.link === 'string' && data.link.startsWith('/')) void goto(data.link)
  })
}
