/**
 * What comes in: the last hour in memory of this node, a minute after the other to disk, the latest on screens while
 * somebody looks.
 */
import type { Sample } from '#contract/inventory'
import type { Core } from '../../core/core.ts'
import { hostOf } from '../inventory/service.ts'
import { dayMs, noteDays, writeMinutes, type OfMinute } from './buckets.ts'
import { desktopFigures, hostFigures, type HostReadings, type HostSamples } from './contract.ts'
import { minuteMs, minutesOf, type Subject } from './points.ts'
import { Rings } from './rings.ts'
import type { Shown } from './shown.ts'

/** Beyond this an outage of the database costs minutes. */
const catchUpMs = 45 * minuteMs
const atOnce = 300

export class Samples {
  readonly rings: Record<Subject, Rings>
  readonly #core: Core
  readonly #shown: Shown
  /** Minutes before this one are on disk. */
  #flushed: Record<Subject, number>
  #noted: Record<Subject, { day: number; ids: Set<string> }> = {
    desktop: { day: 0, ids: new Set() },
    host: { day: 0, ids: new Set() },
  }
  #flushing: Promise<void> = Promise.resolve()

  constructor(core: Core, shown: Shown) {
    this.#core = core
    this.#shown = shown
    const bytes = core.config.SAMPLE_MEMORY_MB * 1024 * 1024
    this.rings = {
      desktop: new Rings(desktopFigures.length, bytes),
      host: new Rings(hostFigures.length, bytes / 10),
    }
    const minute = Math.floor(core.clock.now() / minuteMs)
    this.#flushed = { desktop: minute, host: minute }
  }

  desktop({ tenant, desktop }: { tenant: string; desktop: string }, sample: Sample): void {
    const now = this.#core.clock.now()
    const values = desktopFigures.map((figure) => sample[figure] ?? null)
    if (this.rings.desktop.put(desktop, { at: now, values }, sample.at))
      this.#shown.show(tenant, 'desktop', desktop, { ...sample, at: now })
  }

  /** Its socket has gone: what it said last is no present any more. */
  left({ tenant, desktop }: { tenant: string; desktop: string }): void {
    this.#shown.hide(tenant, 'desktop', desktop)
  }

  /** Answers which hosts are not known here. */
  hosts(tenant: string, { at, hosts }: HostSamples): string[] {
    const unknown: string[] = []
    for (const { host, ...readings } of hosts) {
      const facts = hostOf(this.#core, tenant, host)
      if (facts) this.host(tenant, facts.id, { at: this.#core.clock.now(), readings, sentAt: at })
      else unknown.push(host)
    }
    return unknown
  }

  host(
    tenant: string,
    id: string,
    { at, readings, sentAt }: { at: number; readings: HostReadings; sentAt: number },
  ): void {
    const values = hostFigures.map((figure) => readings[figure] ?? null)
    if (!this.rings.host.put(id, { at, values }, sentAt)) return
    // What is asked for afterwards may belong to a minute that is on disk already.
    this.#flushed.host = Math.min(this.#flushed.host, Math.floor(at / minuteMs))
    this.#shown.show(tenant, 'host', id, { ...readings, at })
  }

  trim(): void {
    for (const rings of Object.values(this.rings)) rings.trim(this.#core.clock.now())
    this.#core.metrics.samplesHeld.set(this.rings.desktop.ids().length + this.rings.host.ids().length)
  }

  /** Minutes that are over to disk, one call after the other; `all`: also the one that is not over. */
  flush(all = false): Promise<void> {
    this.#flushing = this.#flushing
      .then(() => this.#flush(all))
      .catch((error: unknown) => {
        this.#core.logger.warn({ err: error }, 'resource samples are not on disk yet, the next minute tries again')
      })
    return this.#flushing
  }

  async #flush(all: boolean): Promise<void> {
    const now = this.#core.clock.now()
    const until = Math.floor(now / minuteMs) * minuteMs
    const to = all ? now : until - 1
    for (const subject of ['desktop', 'host'] as const) {
      const from = Math.max(this.#flushed[subject] * minuteMs, until - catchUpMs)
      if (to >= from) await this.#write(subject, from, to)
      this.#flushed[subject] = until / minuteMs
    }
  }

  /** Part by part, so that thousands of desktops hold up nothing else. */
  async #write(subject: Subject, from: number, to: number): Promise<void> {
    const rings = this.rings[subject]
    const ids = rings.ids().filter((id) => rings.lastAt(id) >= from)
    for (let at = 0; at < ids.length; at += atOnce) {
      const part = ids.slice(at, at + atOnce)
      const minutes: OfMinute[] = part.flatMap((id) =>
        minutesOf(subject, rings.within(id, from, to)).map((minute) => ({ id, minute })),
      )
      await this.#noteDay(subject, Math.floor(to / dayMs), part)
      await writeMinutes(this.#core.db, subject, minutes)
      this.#core.metrics.sampleMinutes.inc({ subject }, minutes.length)
    }
  }

  async #noteDay(subject: Subject, day: number, ids: readonly string[]): Promise<void> {
    if (this.#noted[subject].day !== day) this.#noted[subject] = { day, ids: new Set() }
    const { ids: noted } = this.#noted[subject]
    const fresh = ids.filter((id) => !noted.has(id))
    await noteDays(this.#core.db, subject, day, fresh)
    for (const id of fresh) noted.add(id)
  }
}
