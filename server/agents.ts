/** Ties the agents' door to the rooms behind it: the inventory says who may come in, the alarms take what they report. */
import type { Server } from 'socket.io'
import type { Core } from './core/core.ts'
import { Failure } from './core/problems.ts'
import { agentRefusals, type AgentRefusal } from './fleet/agent-contract.ts'
import { attachAgents, type AgentGateway } from './fleet/agent-gateway.ts'
import { attachHosts, type TakeHostSamples } from './fleet/host-gateway.ts'
import type { AcceptReport, SampleTaker } from './fleet/agent-ports.ts'
import { ownId, type Report } from './features/alarms/model.ts'
import { agentDirectory, placeOf } from './features/inventory/service.ts'

const lookEveryMs = 2_000
const clockName = 'inventory:lost-agents'

/** Takes reports durably; throws a 503 `Failure` when it cannot. */
type Intake = { accept: (reports: Report[]) => Promise<void> }

/** Call after the views are loaded and the leases have started. */
export function startAgents(
  io: Server,
  core: Core,
  { alarms, samples }: { alarms: Intake; samples: SampleTaker & { hosts: TakeHostSamples } },
): AgentGateway & { stop: () => void } {
  const directory = agentDirectory(core)
  const gateway = attachAgents(io, core, { directory, accept: acceptInto(core, alarms), samples })
  const hosts = attachHosts(io, core, (tenant, of) => samples.hosts(tenant, of))
  const look = async () => {
    core.metrics.agents.set(gateway.count())
    if (await core.leases.owns(clockName)) directory.loseDeadNodes()
  }
  const looking = setInterval(() => {
    look().catch((error: unknown) => core.logger.warn({ err: error }, 'could not look for agents of dead nodes'))
  }, lookEveryMs)
  return {
    ...gateway,
    stop() {
      clearInterval(looking)
      gateway.drain()
      hosts.drain()
      directory.stop()
    },
  }
}

function acceptInto(core: Core, alarms: Intake): AcceptReport {
  return async (from, report) => {
    const now = core.clock.now()
    const place = placeOf(core, from.desktop)
    try {
      await alarms.accept([
        {
          id: ownId(from.tenant, from.desktop, report.id),
          tenant: from.tenant,
          sender: from.desktop,
          source: 'agent',
          type: report.type,
          severity: report.severity,
          status: report.status,
          desktop: place?.desktop ?? from.name,
          host: place?.host ?? null,
          user: place?.user ?? null,
          business: place?.business ?? null,
          pool: place?.pool ?? null,
          region: place?.region ?? null,
          summary: report.summary ?? '',
          readings: report.readings ?? {},
          labels: {},
          runbook: null,
          startsAt: report.startsAt === undefined ? null : Date.parse(report.startsAt),
          endsAt: null,
          receivedAt: now,
        },
      ])
      return { accepted: true }
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      return { accepted: false, refusal: toRefusal(error) }
    }
  }
}

function toRefusal({ refusal, retryAfter }: Failure): AgentRefusal {
  const code = agentRefusals.find((known) => known === refusal.refused) ?? 'server.fault'
  return { code, retryAfter: (retryAfter ?? 2) * 1_000 }
}
