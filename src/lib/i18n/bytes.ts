import { figure } from './time.ts'

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** Binary sizes: 12.4 GiB. */
export function bytes(value: number): string {
  const rank = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(value) / 10))
  return `${figure(value / 1024 ** rank)} ${units[rank] ?? 'B'}`
}

/** Both in the unit of the greater: 12.4 / 20 GiB. */
export function bytesOf(done: number, total: number): string {
  const rank = total < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(total) / 10))
  return `${figure(done / 1024 ** rank)} / ${figure(total / 1024 ** rank)} ${units[rank] ?? 'B'}`
}
