/** Stroke glyphs of states on a 14 grid; filled shapes are severities, so the two cannot be confused even in grey. */
export interface Glyph {
  /** Ring, solid or dashed; none where the path stands alone. */
  ring?: 'solid' | 'dashed' | 'dotted'
  core?: boolean
  path?: string
  spins?: boolean
}

export const glyphs = {
  unacknowledged: { ring: 'solid', core: true },
  acknowledged: { ring: 'solid', path: 'M4.7 7.2 6.3 8.8 9.4 5.4' },
  'rtn-unacknowledged': { ring: 'dashed', core: true },
  normal: { path: 'M2.5 7.5 5.5 10.5 11.5 4' },
  shelved: { ring: 'solid', path: 'M7 4.2V7l1.9 1.4' },
  suppressed: { ring: 'solid', path: 'M4.5 7h5' },
  'out-of-service': {
    path: 'M2.6 1.6h8.8a1 1 0 0 1 1 1v8.8a1 1 0 0 1-1 1H2.6a1 1 0 0 1-1-1V2.6a1 1 0 0 1 1-1ZM4.6 9.4l4.8-4.8',
  },
  scheduled: { ring: 'dotted' },
  paused: { path: 'M4.8 3v8M9.2 3v8' },
  running: { path: 'M7 1.6A5.4 5.4 0 0 1 12.4 7', ring: undefined, spins: true },
  succeeded: { ring: 'solid', path: 'M4.7 7.2 6.3 8.8 9.4 5.4' },
  failed: { ring: 'solid', path: 'M5.2 5.2l3.6 3.6M8.8 5.2 5.2 8.8' },
  cancelled: { ring: 'solid', path: 'M3.4 10.6l7.2-7.2' },
  delivered: { path: 'M1.5 7.5 4.3 10.3 9.5 4.2M6.7 9.4l.9.9L12.8 4.2' },
  waiting: {
    path: 'M4 1.8h6M4 12.2h6M4.6 1.8c0 3 4.8 3.4 4.8 5.2S4.6 9.2 4.6 12.2M9.4 1.8c0 3-4.8 3.4-4.8 5.2s4.8 2.2 4.8 5.2',
  },
  timeout: { ring: 'dashed', path: 'M7 4.2V7l1.9 1.4' },
  undeliverable: { path: 'M1.5 7h7.2M6 4.2 8.8 7 6 9.8M11.8 3v8' },
  skipped: { path: 'M2.5 3.5 6 7l-3.5 3.5M7.5 3.5 11 7l-3.5 3.5' },
  pending: { core: true },
  warning: { path: 'M7 2 12.6 11.8H1.4ZM7 5.8v2.6M7 10.1v.1' },
  off: { path: 'M7 1.6v4.6M4.3 3.6a4.7 4.7 0 1 0 5.4 0' },
  online: { ring: 'solid', core: true },
  offline: { ring: 'solid' },
  raised: { path: 'M3.5 8.5 7 5l3.5 3.5' },
} satisfies Record<string, Glyph>

export type GlyphName = keyof typeof glyphs
