/// <reference types="@sveltejs/kit" />
/// <reference lib="webworker" />

/** Makes the app installable and lets its shell open without a network; data is never served from a cache. */
import { build, files, version } from '$service-worker'
import { listenToPush } from './lib/features/notifications/push-worker.ts'
import { lineName } from './lib/sync/outbox.ts'
import { flush } from './lib/sync/outbox-sender.ts'
import { DurableLine } from './lib/sync/outbox-store.ts'

// In a worker the global scope is not a window, whatever the page's own types say.
declare const self: ServiceWorkerGlobalScope
const cacheName = `deskwatch-${version}`
const assets = [...build, ...files.filter((file) => !file.endsWith('robots.txt'))]

self.addEventListener('install', (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(cacheName)
      await cache.addAll([...assets, '/'])
      await self.skipWaiting()
    })(),
  )
})

self.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      // Pages of the build before go on, and still load parts of it: it is forgotten with the next one.
      for (const name of (await caches.keys()).slice(0, -2)) await caches.delete(name)
      await self.clients.claim()
    })(),
  )
})

const patienceMs = 4_000
const isServers = (path: string) => /^\/(api|socket\.io|healthz|readyz|metrics)/.test(path)

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== location.origin || isServers(url.pathname)) return
  if (assets.includes(url.pathname)) {
    event.respondWith(caches.match(request).then((held) => held ?? fetch(request)))
  } else if (request.mode === 'navigate') {
    // The newest page where there is a network, the shell where there is none or a bad one: it says that it is offline.
    const inTime = fetch(request, { signal: AbortSignal.timeout(patienceMs) })
    event.respondWith(inTime.catch(async () => (await (await caches.open(cacheName)).match('/')) ?? Response.error()))
  }
})

/** There is a network again: acts that waited in a phone are sent, whether its page is open or not. */
self.addEventListener('sync', (event) => {
  if (event.tag === lineName) event.waitUntil(sendWhatWaits())
})

async function sendWhatWaits(): Promise<void> {
  const told = new BroadcastChannel(lineName)
  const left = await flush({ store: new DurableLine(), operator: null, changed: () => told.postMessage('changed') })
  told.close()
  // The browser asks again later.
  if (left.kind === 'again') throw new Error('not everything could be sent')
}

listenToPush(self)
