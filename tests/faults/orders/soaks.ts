/** The long tests of work orders, with what they print and judge. */
import { loadavg } from 'node:os'
import { inFlight } from './in-flight.ts'
import { r3 } from './r3.ts'

/** R3: orders while workers are killed every 5 s and frozen at random, and Redis is emptied twice. */
export async function ordersRun(orders: number, workers: number, seed: number): Promise<boolean> {
  const say = (line: string) => console.log(line)
  say(`${orders} orders, ${workers} workers, seed ${seed}, load ${loadavg()[0]?.toFixed(1)}`)
  const { duplicates, lost, stuck, leftovers, ...figures } = await r3({
    orders,
    workers,
    killEveryMs: 5_000,
    seed,
    say,
  })
  const faults = { duplicates: duplicates.length, lost: lost.length, stuck: stuck.length, leftovers: leftovers.length }
  say(JSON.stringify({ ...figures, ...faults }, null, 2))
  for (const line of [...duplicates, ...lost, ...stuck, ...leftovers].slice(0, 40)) say(`  ${line}`)
  return Object.values(faults).every((n) => n === 0)
}

/** Thousands of orders in flight: at most half a core of the server, frames of at most 20 kB. */
export async function inFlightRun(orders: number): Promise<boolean> {
  console.log(`load ${loadavg()[0]?.toFixed(1)}`)
  const result = await inFlight({ orders, desktops: 10_000, seconds: 20 })
  console.log(JSON.stringify(result, null, 2))
  return result.serverShare <= 0.5 && result.mostFrameBytes <= 20_000
}
