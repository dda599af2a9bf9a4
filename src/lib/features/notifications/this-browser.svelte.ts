import * as z from 'zod/mini'
import { act, get } from '../../sync/send.ts'

const Key = z.object({ key: z.string() })
const Anything = z.unknown()

export type PushState = 'unknown' | 'insecure' | 'unsupported' | 'blocked' | 'off' | 'on'

const bytesOf = (text: string) =>
  Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0))

/** Whether this very browser gets web push, and how it begins to. */
class ThisBrowser {
  state = $state<PushState>('unknown')

  async look(): Promise<void> {
    if (!isSecureContext) this.state = 'insecure'
    else if (!('serviceWorker' in navigator) || !('PushManager' in window)) this.state = 'unsupported'
    else if (Notification.permission === 'denied') this.state = 'blocked'
    else this.state = (await this.#subscription()) ? 'on' : 'off'
  }

  /** The browser asks the person first. */
  async add(): Promise<void> {
    if ((await Notification.requestPermission()) !== 'granted') return this.look()
    const { key } = await get('/api/v1/push-key', Key)
    const { pushManager } = await navigator.serviceWorker.ready
    const old = await pushManager.getSubscription()
    // One of another installation or of older keys would never be reached.
    if (old && !sameKey(old, bytesOf(key))) await old.unsubscribe()
    const subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(key) })
    const { endpoint, keys } = subscription.toJSON()
    await act('/api/v1/push-devices', { name: nameOfBrowser(), endpoint, keys }, Anything)
    this.state = 'on'
  }

  /** Whoever signs out here is not reached through this browser any more: the push service tells the server so. */
  async leave(): Promise<void> {
    if ('clearAppBadge' in navigator) await navigator.clearAppBadge()
    if (!isSecureContext || !('serviceWorker' in navigator)) return
    await (await this.#subscription())?.unsubscribe()
  }

  async #subscription(): Promise<PushSubscription | null> {
    const registration = await navigator.serviceWorker.getRegistration()
    return (await registration?.pushManager.getSubscription()) ?? null
  }
}

export const thisBrowser = new ThisBrowser()

function sameKey({ options }: PushSubscription, key: Uint8Array): boolean {
  const held = new Uint8Array(options.applicationServerKey ?? new ArrayBuffer(0))
  return held.length === key.length && held.every((byte, index) => byte === key[index])
}

/** As a person would call it. */
function nameOfBrowser(): string {
  const { userAgent } = navigator
  const browser = /Edg\//.test(userAgent)
    ? 'Edge'
    : /Firefox\//.test(userAgent)
      ? 'Firefox'
      : /Chrome\//.test(userAgent)
        ? 'Chrome'
        : 'Safari'
  const system = /iPhone|iPad/.exec(userAgent)?.[0] ?? /Android|Windows|Mac OS|Linux/.exec(userAgent)?.[0] ?? ''
  return [browser, system].filter(Boolean).join(' · ')
}
