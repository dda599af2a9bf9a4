import * as z from 'zod/mini'
import { AlarmRow, isUnacknowledged, type AlarmRow as Row } from '#contract/alarms'
import { AlarmResources } from '#contract/resources'
import { ActResult, type Problem } from '#wire'
import { problemText } from '../../i18n/common.ts'
import { act, asProblem, get } from '../../sync/send.ts'
import { toasts } from '../../ui/toasts.svelte.ts'
import { resourceText } from './texts.ts'

const Detail = z.extend(AlarmRow, { ended: z.boolean() })
const Page = z.object({ items: z.array(z.object({ id: z.string() })) })
export type Around = '15' | '60'

const path = (id: string) => `/api/v1/alarms/${encodeURIComponent(id)}`
export const readResources = (id: string, around: Around, signal?: AbortSignal) =>
  get(`${path(id)}/resources?around=${around}`, AlarmResources, signal)

/** What the page shows of one alarm; read again until the time after the report has passed. */
export class Resources {
  alarm = $state.raw<Row | null>(null)
  ended = $state(false)
  data = $state.raw<AlarmResources | null>(null)
  problem = $state.raw<Problem | null>(null)
  acknowledging = $state(false)
  #asking: AbortController | null = null

  async read(id: string, around: Around): Promise<void> {
    this.#asking?.abort()
    const asking = (this.#asking = new AbortController())
    if (this.data?.alarm !== id && this.alarm?.id !== id) this.alarm = this.data = null
    try {
      const [alarm, data] = await Promise.all([
        get(path(id), Detail, asking.signal),
        readResources(id, around, asking.signal),
      ])
      if (asking.signal.aborted) return
      this.alarm = alarm
      this.ended = alarm.ended
      this.data = data
      this.problem = null
    } catch (error) {
      // What is on the page stays; it says what is wrong with reading it anew.
      if (!asking.signal.aborted) this.problem = asProblem(error)
    }
  }

  stop(): void {
    this.#asking?.abort()
  }

  /** Why it cannot be acknowledged now; null when it can. */
  whyNot({ mayTriage, cut }: { mayTriage: boolean; cut: boolean }): string | null {
    if (!this.alarm || this.ended || !isUnacknowledged(this.alarm.state)) return resourceText('reasonState')
    if (!mayTriage) return resourceText('reasonRole')
    return cut ? resourceText('reasonOffline') : null
  }

  async acknowledge(): Promise<void> {
    const { alarm } = this
    if (!alarm || this.acknowledging) return
    this.acknowledging = true
    try {
      await act(`${path(alarm.id)}/actions/acknowledge`, {}, ActResult)
      toasts.done(resourceText('acknowledged'))
      this.alarm = await get(path(alarm.id), Detail)
    } catch (error) {
      toasts.refused(problemText(asProblem(error)), alarm.desktop ?? alarm.host ?? alarm.id)
    } finally {
      this.acknowledging = false
    }
  }
}

/** The alarm before or after this one in the order of the list; null: there is no other. */
export async function besideOf(id: string, by: 1 | -1): Promise<string | null> {
  const { items } = await get('/api/v1/alarms?limit=500', Page)
  if (items.length === 0) return null
  const index = items.findIndex((item) => item.id === id)
  const next = items.at((index < 0 ? 0 : index + by + items.length) % items.length)?.id ?? null
  return next === id ? null : next
}
