/** What other floors hand to the room: samples of desktops and hosts, and who looks at what. */
import type { Core } from '../../core/core.ts'
import { onEpisode } from '../alarms/service.ts'
import { HostedDesktops } from '../inventory/service.ts'
import { Completer } from './completer.ts'
import { Freezer } from './freezer.ts'
import { HostCpus } from './host-cpu.ts'
import { HostMetrics, readSources } from './host-metrics.ts'
import { Readings } from './readings.ts'
import { Samples } from './samples.ts'
import { Shown, type Looking } from './shown.ts'

export type { Looking } from './shown.ts'

const flushEveryMs = 60_000
const cpuEveryMs = 5_000
/** After the minute is over, so that what was on its way belongs to it. */
const flushAfterMs = 1_500

export class ResourceService {
  readonly samples: Samples
  readonly readings: Readings
  readonly freezer: Freezer
  readonly completer: Completer
  readonly hostMetrics: HostMetrics
  readonly hostCpus: HostCpus
  readonly #core: Core
  #looking: Looking = () => []
  #timers: NodeJS.Timeout[] = []
  #flushing: NodeJS.Timeout | undefined

  constructor(core: Core) {
    this.#core = core
    const hosted = new HostedDesktops(core)
    this.samples = new Samples(core, new Shown(core, () => this.#looking))
    this.readings = new Readings(core, this.samples, hosted)
    this.freezer = new Freezer(core, this.samples)
    this.completer = new Completer(core, this.readings, hosted)
    this.hostMetrics = new HostMetrics(core, this.samples, readSources(core.config.HOST_METRICS_FILE))
    this.hostCpus = new HostCpus(core, this.samples.rings.host)
    onEpisode(core, (episode) => this.freezer.note(episode))
  }

  /** Only what somebody looks at is told to screens. */
  show(looking: Looking): void {
    this.#looking = looking
  }

  start(): void {
    const freeze = () => {
      this.freezer.step().catch((error: unknown) => {
        this.#core.logger.warn({ err: error }, 'samples around reports are not kept yet, the next second tries again')
      })
    }
    this.#timers = [
      setInterval(freeze, 1_000),
      setInterval(() => this.samples.trim(), flushEveryMs),
      setInterval(() => this.hostCpus.tell(), cpuEveryMs),
    ]
    this.#planFlush()
  }

  async stop(): Promise<void> {
    clearTimeout(this.#flushing)
    for (const timer of this.#timers) clearInterval(timer)
    this.hostCpus.stop()
    await this.samples.flush(true)
  }

  #planFlush(): void {
    const now = this.#core.clock.now()
    const wait = flushEveryMs - (now % flushEveryMs) + flushAfterMs
    this.#flushing = setTimeout(() => {
      void this.samples.flush().then(() => this.#planFlush())
    }, wait)
  }
}
