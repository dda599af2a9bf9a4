/** Figures of a simulated host: calm ones, and those of a host on which several desktops have trouble of its making. */
import type { HostReadings } from '#contract/resources'
import type { Cause } from './faults.ts'
import type { Random } from './random.ts'

/** So many at once are the host's trouble, not their own. */
const severalDesktops = 2
const ofCpu: readonly Cause[] = ['stutter', 'cpu', 'latency']

export function hostReadingsOf(
  /** How busy each running desktop is by nature, 0–1. */
  loads: readonly number[],
  troubles: readonly Cause[],
  random: Random,
): HostReadings {
  const load = loads.reduce((sum, one) => sum + one, 0)
  const hot = troubles.filter((cause) => ofCpu.includes(cause)).length >= severalDesktops
  const full = troubles.filter((cause) => cause === 'memory').length >= severalDesktops
  return {
    cpu: hot ? whole(random.between(90, 98)) : whole(Math.min(78, 10 + load * 5) + random.between(-3, 3)),
    memory: full ? whole(random.between(93, 98)) : whole(Math.min(85, 15 + loads.length * 2.5) + random.between(-1, 1)),
    steal: hot ? whole(random.between(18, 34)) : tenth(random.between(0, 3)),
    pressure: full ? whole(random.between(25, 40)) : tenth(random.between(0, 4)),
    desktops: loads.length,
  }
}

const whole = (value: number) => Math.round(value)
const tenth = (value: number) => Math.round(value * 10) / 10
