import { signEveryMs, type DisplayRow, type Seen } from '#contract/displays'

/** Two signs may be lost on the way. */
const awayMs = 2.5 * signEveryMs

/** Told by our own server, whole or not at all. */
export const seenOf = (values: Readonly<Record<string, unknown>>, id: string) =>
  (values[`seen:${id}`] ?? null) as Seen | null

export const isAlive = ({ state }: Pick<DisplayRow, 'state'>, seen: Pick<Seen, 'at'> | null, now: number) =>
  state === 'in' && seen !== null && now - seen.at < awayMs
