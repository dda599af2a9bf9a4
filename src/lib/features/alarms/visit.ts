import { goto } from '$app/navigation'
import { toParams, type ListQuery } from './list-query.ts'

/** The filter lives in the URL; replacing it keeps focus and place. */
export function visit(path: string, query: ListQuery): void {
  const params = toParams(query).toString()
  void goto(params ? `${path}?${params}` : path, { replaceState: true, keepFocus: true, noScroll: true })
}
