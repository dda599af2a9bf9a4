/** Sizes are drawn for a 65-inch screen seen from six metres; other rooms are scaled to the same angle. */
export interface Room {
  /** metres */
  distance: number
  /** inches */
  diagonal: number
}

/** Below, the page would be drawn larger than a screen has lines for; above, nothing would have room. */
const bounds = [0.6, 1.4] as const

export function magnification({ distance, diagonal }: Room): number {
  return Math.min(bounds[1], Math.max(bounds[0], (distance / 6) * (65 / diagonal)))
}

/** The page is laid out on this many pixels, then drawn `scale` times as large. */
export function stageOf(width: number, height: number, room: Room) {
  const scale = Math.min(width / 1920, height / 1080) * magnification(room)
  return { scale, width: width / scale, height: height / scale }
}
