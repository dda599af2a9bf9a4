/** What a proposal does once somebody has said yes, and how it is sent away. */
import * as z from 'zod/mini'
import type { Proposal } from '#contract/alarm-quality'
import { ActResult } from '#wire'
import { common, problemText } from '../../i18n/common.ts'
import { figure, hourMinute } from '../../i18n/time.ts'
import { act, asProblem } from '../../sync/send.ts'
import { toasts } from '../../ui/toasts.svelte.ts'
import { qualityText } from './texts.ts'

const Results = z.object({ results: z.array(ActResult) })
const Anything = z.unknown()
const hourMs = 3600_000

/** False when it was refused; a toast has said why. */
export async function carryOut({ does, n, share }: Proposal, about: string): Promise<boolean> {
  try {
    if (does.act === 'shelve') {
      const reason = qualityText('doShelveReason', { n })
      const body = { ids: does.ids, minutes: does.minutes, reason }
      const { results } = await act('/api/v1/alarms/actions/shelve', body, Results)
      const refused = results.find((result) => !result.ok)?.problem
      if (refused) return sayRefused(refused)
    }
    if (does.act === 'window') await act('/api/v1/maintenance-windows', windowFor(does, about, share ?? 0), Anything)
    toasts.done(qualityText('done'))
    return true
  } catch (error) {
    return sayRefused(asProblem(error))
  }
}

function windowFor(does: { hosts: string[]; minutes: number }, about: string, share: number) {
  const from = Date.now()
  return {
    name: qualityText('doWindowName', { about, time: hourMinute(from) }),
    note: qualityText('doWindowNote', { share: figure(share * 100) }),
    scope: { hosts: does.hosts },
    schedule: { kind: 'once', from, to: from + (does.minutes / 60) * hourMs },
    effect: 'out-of-service',
  }
}

export async function dismiss({ id }: Proposal, onchange: () => void): Promise<void> {
  const path = `/api/v1/alarm-proposals/${encodeURIComponent(id)}/actions`
  try {
    await act(`${path}/dismiss`, { days: 7 }, Anything)
    const undo = () =>
      act(`${path}/restore`, {}, Anything).then(onchange, (error: unknown) => sayRefused(asProblem(error)))
    toasts.done(qualityText('dismissed'), { label: common('undo'), run: () => void undo() })
  } catch (error) {
    sayRefused(asProblem(error))
  }
}

function sayRefused(problem: Parameters<typeof problemText>[0] & { trace?: string | undefined }): false {
  toasts.refused(problemText(problem), problem.trace && `${problem.code} · ${problem.trace}`)
  return false
}
