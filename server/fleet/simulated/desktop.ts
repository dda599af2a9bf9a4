/** One simulated desktop: the real agent's connection with made-up readings. */
import { randomUUID } from 'node:crypto'
import type { Severity } from '#contract/alarms'
import type { AgentLink } from '../../../agent/link.ts'
import { summaryOf } from '../../../agent/stutter.ts'
import { fleetAgent, fleetAgentVersion, type Surroundings } from '../fleet-agent.ts'
import type { Cause, Trouble } from './faults.ts'
import type { PlannedDesktop } from './plan.ts'
import type { PowerState } from '../provider.ts'
import type { SimulatedDesktop } from './provider.ts'
import { Random, seedOf } from './random.ts'
import { calmReadings, sampleOf, troubleReadings } from './readings.ts'

const patches = ['1.28.4', '1.30.0', '1.30.2', '1.31.1'] as const

export class FleetDesktop implements SimulatedDesktop {
  readonly tenant: string
  readonly name: string
  readonly host: string
  readonly version = fleetAgentVersion
  readonly patch: string
  readonly load: number
  power: PowerState = 'off'
  readonly #link: AgentLink
  readonly #random: Random

  constructor(tenant: string, planned: Pick<PlannedDesktop, 'name' | 'host'>, around: Surroundings, seed: number) {
    this.tenant = tenant
    this.name = planned.name
    this.host = planned.host
    this.#random = new Random(seedOf(`${tenant}/${planned.name}`, seed))
    this.load = this.#random.next()
    this.patch = this.#random.pick(patches) ?? patches[0]
    this.#link = fleetAgent({ tenant, name: planned.name, patch: () => this.patch }, around)
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
