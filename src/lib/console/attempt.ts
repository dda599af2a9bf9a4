import { problemText } from '../i18n/common.ts'
import { asProblem } from '../sync/send.ts'
import { toasts } from '../ui/toasts.svelte.ts'

/** What stands in the way, in words: the fields if the server named some. */
export function reasonOf(error: unknown): string {
  const problem = asProblem(error)
  const fields = (problem.errors ?? []).map(({ path, message }) => (path ? `${path}: ${message}` : message))
  return fields.length > 0 ? fields.join('; ') : problemText(problem)
}

/** An act whose refusal is said where it can be seen. Answers whether it was done. */
export async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    const { code, trace } = asProblem(error)
    toasts.refused(reasonOf(error), trace && `${code} · ${trace}`)
    return false
  }
}
