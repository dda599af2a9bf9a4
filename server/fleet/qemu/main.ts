/**
 * The process that holds the real desktops: `node server/fleet/qemu/main.ts [--demo 4]`, with DATA_DIR and, for the demo's
 * agents, SERVER_URL in the environment. Its guests outlive it and are taken up again; `npm start` ends them with itself.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Logger } from 'pino'
import { createLogger } from '../../core/logger.ts'
import { findProgram } from '../disks/qemu-img.ts'
import { openEnrolment } from '../enrolment.ts'
import type { Surroundings } from '../fleet-agent.ts'
import { fleetRoot, offer } from '../port/offer.ts'
import { demoDesktops, startsAtOnce } from './demo.ts'
import { QemuProvider } from './provider.ts'
import { Voices } from './voices.ts'

const { values } = parseArgs({ options: { demo: { type: 'string', default: '0' } } })
const demo = Number(values.demo)
const dataDir = resolve(process.env['DATA_DIR'] ?? './data')
const logger = createLogger(process.env['LOG_LEVEL'] ?? 'info', 'fleet-qemu')
for (const program of ['qemu-img', 'qemu-system-x86_64']) {
  if (findProgram(program)) continue
  logger.fatal(`${program} is not on PATH: the provider qemu cannot be offered`)
  process.exit(2)
}

const root = fleetRoot(dataDir, 'qemu')
const provider = await QemuProvider.open({ root, dataDir, logger, rate: process.env['FLEET_COPY_RATE'] })
const door = await offer(provider, dataDir, logger)
let voices: Voices | null = null

process.once('SIGTERM', leave)
process.once('SIGINT', leave)
function leave(): void {
  voices?.stop()
  void door.close().then(() => {
    provider.leave()
    logger.info('let go of all guests; they run on')
    process.exit(0)
  })
}

await provider.resume()
if (demo > 0) await makeDemo(demo)
voices = await openVoices(logger)
logger.info({ desktops: (await provider.listDesktops()).length }, 'fleet-qemu started')

/** Once: what people did with these desktops since stays. */
async function makeDemo(count: number): Promise<void> {
  const made = join(root, 'demo-made')
  if (existsSync(made)) return
  const signal = new AbortController().signal
  for (const [n, spec] of demoDesktops(count).entries()) {
    const long = { op: `demo:${spec.name}`, signal, onProgress: () => undefined }
    const { ref, power } = await provider.create(spec, long)
    if (power === 'off' && startsAtOnce(n, count)) await provider.start(ref, long)
  }
  writeFileSync(made, `${count}\n`)
}

async function openVoices(log: Logger): Promise<Voices> {
  const enrolment = await openEnrolment(dataDir, log)
  const server = process.env['SERVER_URL'] ?? 'http://127.0.0.1:3000'
  return new Voices(provider, (tenant): Surroundings | null => {
    if (enrolment.of(tenant) === '') return null
    return {
      server,
      heartbeatMs: 5_000,
      enrolment: () => enrolment.of(tenant),
      fleetSecret: enrolment.secret,
      onRefused(name, code) {
        log.warn({ desktop: name, code }, 'not signed in')
        enrolment.readAgain()
      },
      onAccepted: () => undefined,
      onDropped: (name, why) => log.warn({ desktop: name, why }, 'a report was dropped'),
    }
  })
}
