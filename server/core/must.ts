/** Turns a value that cannot be absent here into its type; `why` says what would have to be broken. */
export function must<T>(value: T | null | undefined, why: string): T {
  if (value === null || value === undefined) throw new Error(`must: ${why}`)
  return value
}
