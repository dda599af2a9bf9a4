/** What is stored of a display, and what leaves the house of it. */
import type { Collection, LiveView } from '../../core/feature.ts'
import type { DisplayAccountDoc } from '../../core/tenants.ts'
import {
  Displays,
  OwnDisplays,
  type DisplayFilter,
  type DisplayRow,
  type DisplaySettings,
  type OwnDisplayRow,
} from './contract.ts'

export interface DisplayDoc extends DisplayAccountDoc {
  settings: DisplaySettings
  /** Coarse: written at most every five minutes. */
  seenAt: number | null
  build: string | null
  createdBy: string
  createdAt: number
}

export const DisplayDocs: Collection<DisplayDoc> = { noun: 'displays', hot: true }

export const linkLastsMs = 7 * 24 * 3_600_000
/** A screen whose answer was lost opens its link once more. */
export const openAgainMs = 5 * 60_000

/** Until when the link can be opened; null: there is none. */
export function linkUntil({ credential: { link } }: DisplayDoc): number | null {
  if (!link) return null
  return link.openedAt === null ? link.madeAt + linkLastsMs : link.openedAt + openAgainMs
}

export const presentDisplay = (doc: DisplayDoc): DisplayRow => {
  const { session, link } = doc.credential
  const waits = link?.openedAt === null
  return {
    id: doc._id,
    name: doc.name,
    settings: doc.settings,
    state: session ? 'in' : waits ? 'waiting' : 'out',
    linkUntil: waits ? linkUntil(doc) : null,
    inSince: session?.since ?? null,
    seenAt: doc.seenAt,
    build: doc.build,
    createdBy: doc.createdBy,
    createdAt: doc.createdAt,
  }
}

export const liveDisplays: LiveView<DisplayDoc, DisplayRow, DisplayFilter> = {
  contract: Displays,
  collection: DisplayDocs,
  present: (doc) => (doc.gone ? null : presentDisplay(doc)),
}

export const liveOwnDisplays: LiveView<DisplayDoc, OwnDisplayRow, object> = {
  contract: OwnDisplays,
  collection: DisplayDocs,
  present: ({ _id: id, gone, name, settings }) => (gone ? null : { id, name, settings }),
  audience: ({ _id }) => _id,
  onWalls: true,
}
