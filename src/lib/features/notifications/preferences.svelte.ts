import type { OwnChannel } from '#contract/notifications'
import { attempt, reasonOf } from '../../console/attempt.ts'
import { act, get } from '../../sync/send.ts'
import { Mail, Preferences, Tested } from './answers.ts'

const path = '/api/v1/notification-preferences'

/** What the person chose; each change is sent as it is made, and stays on the page only if the server took it. */
export class OwnPreferences {
  value = $state.raw<Preferences | null>(null)
  mail = $state.raw<Mail | null>(null)
  failed = $state<string | null>(null)
  /** Events of tests that were sent, by channel. */
  tested = $state<Partial<Record<OwnChannel, string>>>({})

  async load(): Promise<void> {
    try {
      ;[this.value, this.mail] = await Promise.all([get(path, Preferences), get('/api/v1/mail-settings', Mail)])
      this.failed = null
    } catch (error) {
      this.failed = reasonOf(error)
    }
  }

  async change(change: Partial<Preferences>): Promise<void> {
    const before = this.value
    if (!before) return
    this.value = { ...before, ...change }
    const taken = await attempt(() => act(path, this.value, Preferences, { method: 'PUT' }))
    if (!taken) this.value = before
  }

  async test(channel: OwnChannel): Promise<void> {
    await attempt(async () => {
      const { event } = await act(`${path}/actions/test`, { channel }, Tested)
      this.tested = { ...this.tested, [channel]: event }
    })
  }
}
