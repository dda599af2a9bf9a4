/// <reference types="@sveltejs/kit" />
/// <reference lib="webworker" />

/** Makes the app installable and lets its shell open without a network; data is never served from a cache. */
import { build, files, version } from '$service-worker'
import { listenToPush } from './lib/features/notifications/push-worker.ts'

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
      for (const name of await caches.keys()) if (name !== cacheName) await caches.delete(name)
      await self.clients.claim()
    })(),
  )
})

const isServers = (path: string) => /^\/(api|socket\.io|healthz|readyz|metrics)/.test(path)

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== location.origin || isServers(url.pathname)) return
  if (assets.includes(url.pathname)) {
    event.respondWith(caches.match(request).then((held) => held ?? fetch(request)))
  } else if (request.mode === 'navigate') {
    // The newest page where there is a network, the shell where there is none: it then says that it is offline.
    event.respondWith(fetch(request).catch(async () => (await caches.match('/')) ?? Response.error()))
  }
})

listenToPush(self)
