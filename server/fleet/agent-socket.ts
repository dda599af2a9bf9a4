/** One desktop's socket at the gateway, and how it is sent away. */
import type { DefaultEventsMap, Socket } from 'socket.io'
import type { AgentBye, AgentHello, AgentToGateway, GatewayToAgent } from './agent-contract.ts'
import type { AgentSession, SignIn } from './agent-ports.ts'

export const drainSpreadMs = 4_000

export interface SocketData {
  hello: AgentHello
  signIn: SignIn
  live?: AgentSession
}
export type AgentSocket = Socket<AgentToGateway, GatewayToAgent, DefaultEventsMap, SocketData>

export function dismiss(socket: AgentSocket, why: AgentBye['why']): void {
  socket.emit('bye', { why, retryAfter: why === 'drain' ? Math.round(Math.random() * drainSpreadMs) : 1_000 })
  socket.disconnect(true)
}
