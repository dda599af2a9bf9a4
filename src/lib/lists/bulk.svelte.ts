import * as z from 'zod/mini'
import { SvelteSet } from 'svelte/reactivity'
import { ActResult, type Problem } from '#wire'
import { problemText } from '../i18n/common.ts'
import { act, asProblem } from '../sync/send.ts'
import { toasts } from '../ui/toasts.svelte.ts'

const Done = z.extend(ActResult, { order: z.optional(z.object({ id: z.string(), number: z.string() })) })
export type Done = z.infer<typeof Done>
const Results = z.object({ results: z.array(Done) })
/** The server takes so many at once. */
const mostAtOnce = 100

export interface BulkReport {
  title: string
  done: readonly string[]
  refused: readonly { id: string; problem: Problem | undefined }[]
}

export interface Asked {
  title: string
  path: string
  bodyOf: (ids: readonly string[]) => object
  /** Results name what was made instead: they stand in the order of what was asked about. */
  byPlace?: boolean
}

/** Acts that answer for each item: a single refusal is told at once, of many each is named with its reason. */
export class Bulk {
  readonly busy = new SvelteSet<string>()
  report = $state.raw<BulkReport | null>(null)

  /** Answers what was done. */
  async run(ids: readonly string[], asked: Asked): Promise<readonly Done[]> {
    for (const id of ids) this.busy.add(id)
    const results: Done[] = []
    try {
      for (let at = 0; at < ids.length; at += mostAtOnce) {
        const part = ids.slice(at, at + mostAtOnce)
        const answer = await act(asked.path, asked.bodyOf(part), Results)
        results.push(...answer.results.map((each, n) => (asked.byPlace ? { ...each, id: part[n] ?? each.id } : each)))
      }
    } catch (error) {
      this.#refuse(asked.title, asProblem(error))
    } finally {
      for (const id of ids) this.busy.delete(id)
    }
    this.#tell(asked.title, results)
    return results.filter(({ ok }) => ok)
  }

  #tell(title: string, results: readonly Done[]) {
    const refused = results.filter(({ ok }) => !ok)
    const [only] = refused
    if (!only) return
    if (results.length === 1 && only.problem) return this.#refuse(title, only.problem)
    const done = results.flatMap(({ id, ok }) => (ok ? [id] : []))
    this.report = { title, done, refused: refused.map(({ id, problem }) => ({ id, problem })) }
  }

  #refuse(title: string, problem: Problem) {
    toasts.refused(`${title}: ${problemText(problem)}`, [problem.code, problem.trace].filter(Boolean).join(' · '))
  }
}
