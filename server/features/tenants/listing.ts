/** Pages of the small lists of this room, sorted by a stable key that is also the cursor. */
export function page<T>(rows: T[], key: (row: T) => string, query: { cursor?: string | undefined; limit: number }) {
  const sorted = rows.map((row) => ({ row, at: key(row) })).sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  const { cursor } = query
  const from = cursor === undefined ? 0 : sorted.findIndex(({ at }) => at > cursor)
  const items = from < 0 ? [] : sorted.slice(from, from + query.limit)
  const more = from >= 0 && from + query.limit < sorted.length
  return {
    items: items.map(({ row }) => row),
    nextCursor: more ? (items.at(-1)?.at ?? null) : null,
    total: rows.length,
  }
}
