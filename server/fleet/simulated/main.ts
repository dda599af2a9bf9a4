/**
 * The demo fleet and its provider: `node server/fleet/simulated/main.ts --desktops 2000 --seed 1`, with SERVER_URL and
 * DATA_DIR in the environment. `--hang 0.02 --lie 0.05`: such shares of the provider's acts hang, or lie about progress.
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createLogger } from '../../core/logger.ts'
import { DesktopDisks } from '../disks/desktop-disks.ts'
import { findProgram } from '../disks/qemu-img.ts'
import { openEnrolment } from '../enrolment.ts'
import { fleetRoot, offer } from '../port/offer.ts'
import { Fleet } from './fleet.ts'
import { simulatedImages } from './image.ts'
import { planFleet, shares } from './plan.ts'
import { simulatedProvider } from './provider.ts'
import { Random } from './random.ts'
import { wholeFleet } from './whole.ts'

const { values } = parseArgs({
  options: {
    desktops: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    storm: { type: 'string', default: '0' },
    heartbeat: { type: 'string', default: '15' },
    sample: { type: 'string', default: '20' },
    'host-sample': { type: 'string', default: '10' },
    ramp: { type: 'string', default: '150' },
    hang: { type: 'string', default: '0' },
    lie: { type: 'string', default: '0' },
  },
})
const count = (name: keyof typeof values, least: number, most: number) => {
  const value = Number(values[name])
  if (value >= least && value <= most) return value
  process.stderr.write(`--${name} must be between ${least} and ${most}\n`)
  process.exit(2)
}
const seed = count('seed', 0, 2 ** 32 - 1)
const dataDir = resolve(process.env['DATA_DIR'] ?? './data')
const server = process.env['SERVER_URL'] ?? 'http://127.0.0.1:3000'
const logger = createLogger(process.env['LOG_LEVEL'] ?? 'info', 'fleet')

const enrolment = await openEnrolment(dataDir, logger)
const totals = { accepted: 0, dropped: 0, refused: new Map<string, number>() }

const fleets = shares(count('desktops', 1, 20_000))
  .filter(({ tenant, desktops }) => desktops > 0 && enrolment.of(tenant) !== '')
  .map(({ tenant, desktops }) => {
    const surroundings = {
      server,
      heartbeatMs: count('heartbeat', 1, 60) * 1_000,
      enrolment: () => enrolment.of(tenant),
      fleetSecret: enrolment.secret,
      onRefused: (_name: string, code: string) => void totals.refused.set(code, (totals.refused.get(code) ?? 0) + 1),
      onAccepted: () => {
        totals.accepted++
      },
      onDropped: () => {
        totals.dropped++
      },
    }
    const share = (whole: number) => (whole * desktops) / Number(values.desktops)
    return new Fleet(planFleet({ tenant, desktops, seed }), {
      surroundings,
      logger,
      seed,
      sampleMs: count('sample', 1, 3_600) * 1_000,
      hostSampleMs: count('host-sample', 1, 3_600) * 1_000,
      connectPerSecond: share(count('ramp', 1, 5_000)),
      storm: share(count('storm', 0, 100_000)),
    })
  })
const disks = findProgram('qemu-img')
  ? new DesktopDisks({ root: fleetRoot(dataDir, 'simulated'), dataDir, images: simulatedImages })
  : null
const provider = simulatedProvider({
  fleet: await wholeFleet(fleets, disks),
  random: new Random(seed),
  disks,
  faults: { hang: count('hang', 0, 1), lie: count('lie', 0, 1) },
})
const door = await offer(provider, dataDir, logger)
for (const fleet of fleets) fleet.start()
const sum = (of: (fleet: Fleet) => number) => fleets.reduce((total, fleet) => total + of(fleet), 0)
logger.info(
  { server, desktops: sum(({ desktops }) => desktops.length), seed, offers: [...provider.offers] },
  'fleet started',
)

const telling = setInterval(() => {
  const state = {
    connected: sum((fleet) => fleet.connected),
    troubled: sum((fleet) => fleet.troubled),
    waiting: sum((fleet) => fleet.waiting),
  }
  logger.info(
    { ...state, accepted: totals.accepted, dropped: totals.dropped, refused: Object.fromEntries(totals.refused) },
    'fleet',
  )
  // Made anew together with the database: take them when they change.
  if (totals.refused.size > 0) enrolment.readAgain()
  totals.refused.clear()
}, 10_000)

function stop(): void {
  clearInterval(telling)
  for (const fleet of fleets) fleet.stop()
  void door.close().then(() => logger.info('fleet stopped'))
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
