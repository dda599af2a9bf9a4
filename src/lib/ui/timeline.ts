import type { GlyphName } from './glyphs.ts'

export interface TimelineEntry {
  id: string
  at: number
  /** A person has initials, a machine a glyph. */
  person?: string
  glyph?: GlyphName
  text: string
  quiet?: boolean
}
