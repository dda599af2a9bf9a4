/// <reference lib="webworker" />

/** Web push in the service worker: shows what came, and opens what it speaks of. Knows no page. */

interface Said {
  title: string
  body: string
  link: string | null
  event: string
  at: number
}

const isSaid = (value: unknown): value is Said =>
  typeof value === 'object' && value !== null && 'title' in value && typeof value.title === 'string'

/** A browser takes the right away from a site that gets a push and shows nothing. */
function read(data: PushMessageData | null): Said {
  try {
    const value: unknown = data?.json()
    if (isSaid(value)) return value
  } catch {
    // not ours, or of a build to come: the title alone has to do
  }
  return { title: 'Deskwatch', body: '', link: null, event: 'deskwatch', at: Date.now() }
}

export function listenToPush(worker: ServiceWorkerGlobalScope): void {
  worker.addEventListener('push', (event) => {
    const { title, body, link, event: tag, at } = read(event.data)
    // The same event twice is one notification.
    const shown = { body, tag, timestamp: at, icon: '/icon-192.png', badge: '/icon-192.png', data: { link } }
    event.waitUntil(worker.registration.showNotification(title, shown))
  })
  worker.addEventListener('notificationclick', (event) => {
    event.notification.close()
    const data: unknown = event.notification.data
    const link =
      typeof data === 'object' && data !== null && 'link' in data && typeof data.link === 'string'
        ? data.link
        : '/alarms'
    event.waitUntil(open(worker, link))
  })
}

/** In a window that is there already, if there is one. */
async function open(worker: ServiceWorkerGlobalScope, link: string): Promise<void> {
  const target = new URL(link, worker.location.origin)
  if (target.origin !== worker.location.origin) return
  const windows = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const [shown] = windows.filter((one) => !new URL(one.url).pathname.startsWith('/wall'))
  if (!shown) {
    await worker.clients.openWindow(target)
    return
  }
  // A phone stays on its own page, with the connection that it has.
  const onPhone = new URL(shown.url).pathname === '/triage' && target.pathname === '/alarms'
  shown.postMessage({ kind: 'open', link: (onPhone ? '/triage' : target.pathname) + target.search })
  await shown.focus()
}
