import type { Link } from '#contract/work-orders'
import { nameOf } from '../../lists/list-page.svelte.ts'

const withPages = ['desktops', 'snapshots', 'work-orders']

/** Where a thing has its page; null: it has none. */
export function linkOf({ noun, id, name }: Link): string | null {
  if (noun === 'images') return `/images?text=${encodeURIComponent(name)}`
  return withPages.includes(noun) ? `/${noun}/${encodeURIComponent(nameOf(id))}` : null
}

/** All orders about it, those that ended too. */
export const ordersOf = (subject: string) => `/work-orders?tab=all&subject=${encodeURIComponent(subject)}`
