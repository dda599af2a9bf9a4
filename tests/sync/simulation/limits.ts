/** Figures of the simulated installation; small, so that short schedules reach them. */
export const times = { tick: 700, leaseTakeover: 8000, stalled: 3000 }

export const slow = { bytes: 900, afterMs: 2000, disconnectMs: 3_500 }

export const windowSize = 3
/** Rows, and last values, of one frame. */
export const perFrame = 2

export const roomKeys = ['a/full', 'a/masked', 'b/full', 'b/masked'] as const
export type RoomKey = (typeof roomKeys)[number]

export const documentIds = ['a:1', 'a:2', 'a:3', 'a:4', 'a:5', 'b:1', 'b:2', 'ab:1', 'ab:2']
export const alarmIds = ['a:alarm', 'b:alarm']
