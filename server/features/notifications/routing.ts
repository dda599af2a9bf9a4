/** Where a notification goes: pure decisions over what the person chose. */
import type { ChannelRule, OwnChannel, Preferences, QuietHours } from './contract.ts'
import { ownChannels } from './contract.ts'
import type { NotificationDoc } from './model.ts'

const clocks = new Map<string, Intl.DateTimeFormat>()

/** HH:MM of that moment in that zone. */
export function clockTime(at: number, zone: string): string {
  let clock = clocks.get(zone)
  if (!clock) {
    clock = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
    clocks.set(zone, clock)
  }
  return clock.format(at)
}

/** From inclusive, to exclusive; also over midnight. The same hour twice is the whole day. */
export function isQuiet({ from, to, zone }: QuietHours, at: number): boolean {
  const time = clockTime(at, zone)
  if (from < to) return from <= time && time < to
  return time >= from || time < to
}

type Routed = Pick<NotificationDoc, 'kind' | 'severity' | 'channels' | 'urgent' | 'at'>

/** The person's channels it goes to; none is an answer too. */
export function channelsFor(told: Routed, preferences: Preferences, now: number): OwnChannel[] {
  const { quiet } = preferences
  const asleep =
    quiet !== null && !told.urgent && isQuiet(quiet, now) && !(quiet.exceptCritical && told.severity === 'critical')
  if (asleep) return []
  return ownChannels.filter((channel) =>
    told.channels ? told.channels.includes(channel) : wants(preferences[channel], told),
  )
}

function wants(rule: ChannelRule, { kind, severity }: Routed): boolean {
  if (!rule.on || !rule.kinds.some((chosen) => chosen === kind)) return false
  return severity === null || rule.severities.includes(severity)
}

export const minuteOf = (at: number) => Math.floor(at / 60_000)
