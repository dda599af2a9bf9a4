/**
 * Measurements packed in columns: whole numbers as differences from the one before, in as few bytes as each needs. A
 * sample of ten figures takes about 12 bytes. Missing values stay missing.
 */
import type { Point } from './points.ts'

const format = 1

/** `scales`: how many steps one unit is kept to, per column. */
export function pack(points: readonly Point[], scales: readonly number[]): Buffer {
  const out = new Writer()
  out.varint(format)
  out.varint(points.length)
  out.varint(scales.length)
  let before = 0
  for (const { at } of points) {
    out.varint(Math.max(0, Math.round(at) - before))
    before = Math.max(before, Math.round(at))
  }
  for (const [column, scale] of scales.entries()) packColumn(out, points, column, scale)
  return out.bytes()
}

/**
 * Of several points: 0 when the whole column is missing, else 1. Then per point 0 for a missing value, or the
 * difference, zigzag, plus one.
 */
function packColumn(out: Writer, points: readonly Point[], column: number, scale: number): void {
  if (points.length > 1) {
    const missing = points.every(({ values }) => (values[column] ?? null) === null)
    out.varint(missing ? 0 : 1)
    if (missing) return
  }
  let before = 0
  for (const { values } of points) {
    const value = values[column] ?? null
    if (value === null) {
      out.varint(0)
      continue
    }
    const whole = Math.round(value * scale)
    const step = whole - before
    out.varint((step < 0 ? -2 * step - 1 : 2 * step) + 1)
    before = whole
  }
}

/** Columns that were added since are missing. */
export function unpack(bytes: Uint8Array, scales: readonly number[]): Point[] {
  const input = new Reader(bytes)
  if (input.varint() !== format) throw new Error('these measurements are of a format that this version does not know')
  const count = input.varint()
  const columns = input.varint()
  const points: Point[] = []
  let at = 0
  for (let n = 0; n < count; n++) {
    at += input.varint()
    points.push({ at, values: Array.from(scales, () => null) })
  }
  for (let column = 0; column < columns; column++) unpackColumn(input, points, column, scales[column] ?? 1)
  return points
}

function unpackColumn(input: Reader, points: readonly Point[], column: number, scale: number): void {
  if (points.length > 1 && input.varint() === 0) return
  let whole = 0
  for (const { values } of points) {
    const code = input.varint()
    if (code === 0) continue
    const zigzag = code - 1
    whole += zigzag % 2 ? -(zigzag + 1) / 2 : zigzag / 2
    if (column < values.length) values[column] = whole / scale
  }
}

class Writer {
  #bytes = Buffer.allocUnsafe(256)
  #length = 0

  /** Seven bits a byte; by division, since times need more than 32 bits. */
  varint(value: number): void {
    if (this.#length + 10 > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, this.#bytes])
    let rest = value
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.#length++] = rest
  }

  bytes(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length))
  }
}

class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  varint(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new Error('these measurements are cut off')
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
}
