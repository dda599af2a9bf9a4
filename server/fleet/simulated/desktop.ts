/** One simulated desktop: the real agent's connection with made-up readings. */
import { createHmac, randomUUID } from 'node:crypto'
import type { Severity } from '#contract/alarms'
import { AgentLink } from '../../../agent/link.ts'
import { summaryOf } from '../../../agent/stutter.ts'
import type { Cause, Trouble } from './faults.ts'
import type { PlannedDesktop } from './plan.ts'
import type { PowerState } from '../provider.ts'
import type { SimulatedDesktop } from './provider.ts'
import { Random, seedOf } from './random.ts'
import { calmReadings, sampleOf, troubleReadings } from './readings.ts'

export interface Surroundings {
  server: string
  heartbeatMs: number
  /** Service token of the tenant that may enrol desktops. */
  enrolment: () => string
  /** Secrets of all desktops of this fleet derive from it: nothing else need be kept. */
  fleetSecret: string
  seed: number
  onRefused: (name: string, code: string) => void
  onAccepted: () => void
  onDropped: (name: string, why: string) => void
}

const patches = ['1.28.4', '1.30.0', '1.30.2', '1.31.1'] as const
const slowRetryMs = 30_000

export class FleetDesktop implements SimulatedDesktop {
  readonly tenant: string
  readonly name: string
  readonly host: string
  readonly version = '0.1.0'
  readonly patch: string
  readonly load: number
  power: PowerState = 'off'
  readonly #link: AgentLink
  readonly #random: Random
  #credential: string | null = null

  constructor(tenant: string, planned: Pick<PlannedDesktop, 'name' | 'host'>, around: Surroundings) {
    this.tenant = tenant
    this.name = planned.name
    this.host = planned.host
    this.#random = new Random(seedOf(`${tenant}/${planned.name}`, around.seed))
    this.load = this.#random.next()
    this.patch = this.#random.pick(patches) ?? patches[0]
    const secret = createHmac('sha256', around.fleetSecret).update(`${tenant}/${planned.name}`).digest('base64url')
    this.#link = new AgentLink({
      server: around.server,
      hello: () => ({
        token: this.#credential ?? around.enrolment(),
        secret,
        desktop: this.name,
        version: this.version,
        patch: this.patch,
      }),
      heartbeatMs: around.heartbeatMs,
      uptime: () => Math.round(performance.now() / 1000),
      onWelcome: ({ credential }) => {
        if (credential) this.#credential = credential
      },
      onEnd: (end, suggestedMs) => {
        // Somebody else is this desktop now, or nobody may be: knocking often would help neither.
        if (end.kind === 'bye' && ['replaced', 'revoked', 'deleted'].includes(end.why)) return slowRetryMs
        if (end.kind !== 'refused') return suggestedMs
        around.onRefused(this.name, end.refusal.code)
        // A database that was emptied knows no credential of ours: enrol anew.
        this.#credential = null
        return end.refusal.retryAfter ?? slowRetryMs * this.#random.between(0.5, 1)
      },
      onDropped: (_report, why) => around.onDropped(this.name, why),
      onAccepted: around.onAccepted,
    })
  }

  get connected(): boolean {
    return this.#link.welcomed
  }
  get waiting(): number {
    return this.#link.waiting
  }

  powerOn(): void {
    this.power = 'running'
    this.#link.open()
  }
  powerOff(): void {
    this.power = 'off'
    this.#link.close()
  }

  /** Away for a moment, as with a bad network. */
  flap(ms: number): void {
    if (this.power !== 'running') return
    this.#link.close()
    setTimeout(() => {
      if (this.power === 'running') this.#link.open()
    }, ms).unref()
  }

  sample(trouble: Trouble | undefined): void {
    if (this.connected) this.#link.sample({ ...sampleOf(this.load, trouble, this.#random), at: Date.now() })
  }

  report(cause: Cause, severity: Severity, status: 'firing' | 'cleared'): void {
    if (this.power !== 'running') return
    const readings = status === 'firing' ? troubleReadings(cause, severity, this.#random) : calmReadings(cause)
    this.#link.report({
      id: randomUUID(),
      type: cause,
      severity,
      status,
      summary: summaryOf(readings),
      readings,
      startsAt: new Date().toISOString(),
    })
  }
}
