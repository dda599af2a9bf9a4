/** Counts of the whole room as the server tells them among its last values. */
export function countersOf(values: Readonly<Record<string, unknown>>): Partial<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(values).filter((pair): pair is [string, number] => typeof pair[1] === 'number'),
  )
}
