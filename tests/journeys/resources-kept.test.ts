import { BSON } from 'mongodb'
import { afterAll, beforeEach, beforeAll, expect, test } from 'vitest'
import { memoryCore, type MemoryCore } from '../support/memory-core.ts'
import { openTestHouse, type TestHouse } from '../support/house.ts'
import { systemClock } from '../../server/core/clock.ts'
import { must } from '../../server/core/must.ts'
import { TenantDocs, type TenantDoc } from '../../server/core/tenants.ts'
import { AlarmDocs, type AlarmDoc } from '../../server/features/alarms/model.ts'
import { findEpisode } from '../../server/features/alarms/service.ts'
import {
  DesktopDocs,
  HostDocs,
  inventoryId,
  newDesktop,
  type DesktopDoc,
  type HostDoc,
} from '../../server/features/inventory/model.ts'
import { bucketsOf, dayMs, forgetSamplesOfDay } from '../../server/features/resources/buckets.ts'
import { FrozenDocs, FrozenDue } from '../../server/features/resources/frozen.ts'
import { forgetResourcesOf } from '../../server/features/resources/jobs.ts'
import { Random } from '../../server/fleet/simulated/random.ts'
import { sampleOf } from '../../server/fleet/simulated/readings.ts'
import { ResourceService } from '../../server/features/resources/service.ts'

const second = 1_000
const minute = 60 * second
let house: TestHouse
let now: number
let raisedAt: number
let run = 0

beforeAll(async () => {
  house = await openTestHouse()
})
afterAll(() => house.close())
beforeEach(() => {
  // Each test has hosts and hours of its own in the same database.
  run += 1
  raisedAt = Date.UTC(2026, 10, run, 12, 0, 7)
  now = raisedAt - 20 * minute
})

const host = () => `h-${run}`
const desktop = (n: number) => `d-${run}-${n}`
const idOf = (name: string) => inventoryId('acme', name)

/** A node with an hour of memory of its own, on the shared database. */
class Node {
  readonly core: MemoryCore
  readonly service: ResourceService

  constructor() {
    const memory = memoryCore({ clock: { ...systemClock, now: () => now } })
    this.core = new Proxy(memory, {
      get: (target, name: keyof MemoryCore) => (name === 'db' ? house.core.db : target[name]),
    })
    this.service = new ResourceService(this.core)
    const { views } = this.core
    const tenant: Pick<TenantDoc, '_id' | 'v' | 'tenant'> = { _id: 'acme', v: 1, tenant: 'acme' }
    views.take(TenantDocs, tenant)
    const facts = { region: 'r', zone: null, vcpus: 96, memoryGiB: 512, maintenance: false, description: '' }
    const known: HostDoc = { _id: idOf(host()), v: 1, tenant: 'acme', name: host(), ...facts }
    views.take(HostDocs, known)
    for (let n = 1; n <= 6; n++) {
      const made: DesktopDoc = { ...newDesktop('acme', desktop(n), 'simulated', 0), v: 1, host: host() }
      views.take(DesktopDocs, made)
    }
  }

  alarm(): void {
    // As much of an alarm as the room reads.
    const doc = { desktop: desktop(1), host: host(), raisedAt, readings: { fps: 9 }, episode: 1, skewed: false }
    const known: Pick<AlarmDoc, '_id' | 'v' | 'tenant'> = { _id: `acme:alarm-${run}`, v: 1, tenant: 'acme', ...doc }
    this.core.views.take(AlarmDocs, known)
  }

  samples(n: number, stutters: boolean) {
    const calm = { cpu: 38, memory: 62, fps: 30, skipped: 1, rtt: 46, jitter: 6, loss: 0.1 }
    const sample = { at: now, ...calm, ...(stutters && { fps: 8, skipped: 41 }) }
    this.service.samples.desktop({ tenant: 'acme', desktop: idOf(desktop(n)) }, sample)
  }
}

/** Two nodes share the desktops of a host; four of them begin to stutter at the report, the host was hot before. */
async function live(nodes: [Node, Node], to: number) {
  const [one, other] = nodes
  for (; now <= to; now += 20 * second) {
    const stutters = now >= raisedAt
    for (const n of [1, 2]) one.samples(n, stutters)
    for (const n of [3, 4]) other.samples(n, stutters)
    other.samples(5, false)
    const hot = now >= raisedAt - 90 * second
    other.service.samples.hosts('acme', { at: now, hosts: [{ host: host(), cpu: hot ? 95 : 60, steal: hot ? 31 : 1 }] })
    for (const node of nodes) {
      if (Math.abs(now - raisedAt) < 20 * second && now >= raisedAt) node.alarm()
      await node.service.freezer.step()
      if (now % minute < 20 * second) await node.service.samples.flush()
    }
    if (now >= raisedAt) await one.service.freezer.noteDue()
  }
}

const resourcesAt = async (node: Node) => {
  const episode = must(await findEpisode(node.core, 'acme', `acme:alarm-${run}:1:${raisedAt}`), 'the alarm stands')
  return node.service.readings.ofAlarm(episode, 15 * minute)
}

test('what was measured around a report is kept with it, found by a node that was not there, and outlives the samples', async () => {
  await live([new Node(), new Node()], raisedAt + 18 * minute)
  const late = new Node()
  late.alarm()
  await late.service.completer.tick()

  const kept = await resourcesAt(late)
  expect(kept).toMatchObject({
    complete: true,
    skewed: false,
    from: raisedAt - 15 * minute,
    to: raisedAt + 15 * minute,
  })
  expect(kept.verdict).toMatchObject({ suspect: 'host', rule: 'host.cpu-steal+peers≥3' })
  expect(kept.neighbours).toMatchObject({ stuttering: 3, of: 6 })
  expect(kept.neighbours.items.map(({ name }) => name).sort()).toEqual([2, 3, 4].map(desktop))
  expect(kept.neighbours.items[0]?.minutes).toHaveLength(30)
  const series = must(kept.desktop, 'the desktop is known').series
  expect(series).toMatchObject({ from: 'samples', gaps: [], stepMs: 20 * second })
  expect(series.at.length).toBeGreaterThan(85)
  expect(kept.desktop?.atReport).toMatchObject({ fps: 9, skipped: 41, cpu: 38 })
  expect(kept.host).toMatchObject({ vcpus: 96, desktops: 6, atReport: { steal: 31 }, series: { from: 'samples' } })

  const day = Math.floor(raisedAt / dayMs)
  const { db } = house.core
  expect(await db.collection(bucketsOf.desktop.noun).countDocuments()).toBeGreaterThan(10)
  expect(await forgetSamplesOfDay(db, 'acme', day - 1)).toBe(0)
  expect(await forgetSamplesOfDay(db, 'acme', day)).toBeGreaterThan(10)
  expect(await db.collection(bucketsOf.desktop.noun).countDocuments()).toBe(0)
  expect(await db.collection(bucketsOf.host.noun).countDocuments()).toBe(0)
  expect(await resourcesAt(late)).toEqual(kept)
  expect(await db.collection(FrozenDue.noun).countDocuments()).toBe(0)

  await forgetResourcesOf(db, [`acme:alarm-${run}:1:${raisedAt}`])
  expect(await db.collection(FrozenDocs.noun).countDocuments()).toBe(0)
})

test('nodes that are killed in between leave single samples up to the report and minutes after it, and a gap is said', async () => {
  await live([new Node(), new Node()], raisedAt + 5 * minute)
  now = raisedAt + 18 * minute
  const late = new Node()
  late.alarm()
  await late.service.completer.tick()
  const { desktop: kept, complete, verdict } = await resourcesAt(late)
  expect(complete).toBe(true)
  expect(kept?.series.from).toBe('both')
  expect(kept?.series.gaps).toHaveLength(1)
  expect(kept?.series.gaps[0]?.to).toBe(raisedAt + 15 * minute)
  expect(verdict.suspect).toBe('host')
})

test('before its time has passed an alarm is answered from memory and disk, on either node alike', async () => {
  const nodes: [Node, Node] = [new Node(), new Node()]
  await live(nodes, raisedAt + 4 * minute)
  const [one, other] = await Promise.all(nodes.map(resourcesAt))
  expect(one).toMatchObject({ complete: false, verdict: { rule: 'host.cpu-steal+peers≥3' } })
  expect(other?.verdict.rule).toBe(one?.verdict.rule)
  // Time to come is no gap.
  expect(one?.desktop?.series.gaps).toEqual([])
  expect(other?.desktop?.series.from).toBe('both')
})

test('an alarm of a desktop nobody measured says so, and keeps nothing', async () => {
  const node = new Node()
  now = raisedAt + 3 * second
  node.alarm()
  await node.service.freezer.step()
  const answer = await resourcesAt(node)
  expect(answer.verdict).toEqual({
    suspect: 'unknown',
    rule: 'no-samples',
    evidence: [
      { kind: 'missing', part: 'host' },
      { kind: 'missing', part: 'network' },
      { kind: 'missing', part: 'desktop' },
    ],
  })
  expect(answer.desktop?.series).toMatchObject({ at: [], from: 'nothing' })
  expect(
    await house.core.db
      .collection<{ _id: string }>(FrozenDocs.noun)
      .countDocuments({ _id: `acme:alarm-${run}:1:${raisedAt}` }),
  ).toBe(0)
})

test('two thousand desktops cost less than 75 KB a day each on disk', async () => {
  const node = new Node()
  const { samples } = node.service
  const random = new Random(1)
  const desktops = Array.from({ length: 2_000 }, (_, n) => `acme:cost-${String(n).padStart(4, '0')}`)
  const begun = Math.ceil(now / (10 * minute)) * 10 * minute
  const bare = process.memoryUsage().arrayBuffers
  const flushes: { ms: number; cpu: number }[] = []
  for (let at = begun; at < begun + 10 * minute; at += 20 * second) {
    now = at
    for (const [n, desktop] of desktops.entries())
      samples.desktop({ tenant: 'acme', desktop }, { ...sampleOf(n / desktops.length, undefined, random), at })
    if ((at + 20 * second) % minute > 0) continue
    now = at + 20 * second
    const [started, cpu] = [performance.now(), process.cpuUsage()]
    await samples.flush()
    const used = process.cpuUsage(cpu)
    flushes.push({ ms: performance.now() - started, cpu: (used.user + used.system) / 1_000 })
  }
  const ids = desktops.map((id) => `${id}@${begun / (10 * minute)}`)
  const found = await house.core.db
    .collection<{ _id: string }>(bucketsOf.desktop.noun)
    .find({ _id: { $in: ids } })
    .toArray()
  expect(found).toHaveLength(2_000)
  const bytes = found.reduce((sum, doc) => sum + BSON.calculateObjectSize(doc), 0) / found.length
  expect(bytes * 144).toBeLessThan(75_000)
  const median = (of: 'ms' | 'cpu') => Math.round(flushes.map((each) => each[of]).sort((a, b) => a - b)[5] ?? 0)
  const held = (process.memoryUsage().arrayBuffers - bare) / 2 ** 20
  process.stdout.write(
    `2,000 desktops, a sample each 20 s: ${Math.round(bytes)} B a bucket, ${Math.round((bytes * 144) / 1_000)} kB a desktop and day, ` +
      `a minute of all on disk in ${median('ms')} ms (${median('cpu')} ms CPU), ${Math.round(held)} MiB of samples in memory\n`,
  )
})
