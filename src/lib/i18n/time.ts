import { locale } from './locale.svelte.ts'

const clocks = new Map<string, Intl.DateTimeFormat>()

function clock(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale.current} ${locale.zone} ${name}`
  let known = clocks.get(key)
  if (!known) {
    known = new Intl.DateTimeFormat(locale.zh ? 'zh-CN' : 'en-GB', {
      hourCycle: 'h23',
      timeZone: locale.zone,
      ...options,
    })
    clocks.set(key, known)
  }
  return known
}

const two = (value: number) => String(value).padStart(2, '0')

/** m:ss under an hour, then 1 h 20, then 3 d 4 h: figures that can be compared down a column. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`
  const hours = Math.floor(seconds / 3600)
  if (hours < 24) return `${hours} h ${two(Math.floor((seconds % 3600) / 60))}`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** How long ago, for sentences: 9 s, then as ages. */
export function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  return seconds < 60 ? `${seconds} ${locale.zh ? '秒' : 's'}` : age(ms)
}

export const hourMinute = (at: number) => clock('hm', { hour: '2-digit', minute: '2-digit' }).format(at)
export const hourMinuteSecond = (at: number) =>
  clock('hms', { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(at)
export const dayAndTime = (at: number) =>
  clock('day', { month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(at)
export const dayAndMinute = (at: number) =>
  clock('dm', { weekday: 'short', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' }).format(at)
/** 0 is Sunday. */
export const weekdayName = (day: number) =>
  new Intl.DateTimeFormat(locale.current, { weekday: 'long', timeZone: 'UTC' }).format(Date.UTC(2026, 10, 1 + day))

const numbers = new Intl.NumberFormat('en-US')
export const count = (value: number) => numbers.format(value)

const decimals = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 })
export const figure = (value: number) => decimals.format(value)
