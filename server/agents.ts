/** Ties the agents' door to the rooms behind it: the inventory says who may come in, the alarms take what they report. */
import type { Server } from 'socket.io'
import type { Core } from './core/core.ts'
import { attachAgents, type AcceptReport, type AgentGateway } from './fleet/agent-gateway.ts'
import { agentDirectory } from './features/inventory/service.ts'

const lookEveryMs = 2_000
const clockName = 'inventory:lost-agents'

/** `accept` resolves only after the report is durably recorded. Call after the views are loaded and leases have started. */
export function startAgents(io: Server, core: Core, accept: AcceptReport): AgentGateway & { stop: () => void } {
  const directory = agentDirectory(core)
  const gateway = attachAgents(io, core, { directory, accept })
  const look = async () => {
    if (await core.leases.owns(clockName)) directory.loseDeadNodes()
  }
  const looking = setInterval(() => {
    core.metrics.agents.set(gateway.count())
    look().catch((error: unknown) => core.logger.warn({ err: error }, 'could not look for agents of dead nodes'))
  }, lookEveryMs)
  return {
    ...gateway,
    stop() {
      clearInterval(looking)
      gateway.drain()
      directory.stop()
    },
  }
}
