import type { Link } from '#contract/work-orders'

/** Where a thing has its page; null: it has none. */
export function linkOf({ noun, id }: Link): string | null {
  const name = encodeURIComponent(id.slice(id.indexOf(':') + 1))
  return ['desktops', 'snapshots', 'work-orders'].includes(noun) ? `/${noun}/${name}` : null
}
