import { expect, test } from 'vitest'
import { magnification, stageOf } from './scale.ts'

const drawn = { distance: 6, diagonal: 65 }

test('every room sees letters at the same angle', () => {
  expect(magnification(drawn)).toBe(1)
  expect(magnification({ distance: 6, diagonal: 55 })).toBeCloseTo(1.18, 2)
  expect(magnification({ distance: 6, diagonal: 75 })).toBeCloseTo(0.87, 2)
  expect(magnification({ distance: 9, diagonal: 98 })).toBeCloseTo(0.99, 2)
})

test('a room that asks for the impossible gets what a screen can show', () => {
  expect(magnification({ distance: 30, diagonal: 20 })).toBe(1.4)
  expect(magnification({ distance: 1, diagonal: 200 })).toBe(0.6)
})

test('the page fills the screen, whatever its lines and shape', () => {
  expect(stageOf(3840, 2160, drawn)).toEqual({ scale: 2, width: 1920, height: 1080 })
  const wide = stageOf(2560, 1080, drawn)
  expect(wide).toEqual({ scale: 1, width: 2560, height: 1080 })
  const small = stageOf(1920, 1080, { distance: 6, diagonal: 55 })
  expect(small.width).toBeCloseTo(1625, 0)
})
