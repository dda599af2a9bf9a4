/** A console's socket: what it carries, how it is served, how it is refused. */
import type { Server as HttpServer } from 'node:http'
import { Server, type Socket } from 'socket.io'
import type { ClientToServer, ErrorCode, Hello, PresenceUpdate, ServerToClient, SocketRefusal } from '#wire'
import type { Principal } from './access.ts'
import { ConsoleWebSocketServer, negotiatedDeflate } from './console-websocket.ts'
import type { Core } from './core.ts'
import type { AnyView } from './feature.ts'
import { seesMasked } from './lists.ts'
import type { LiveRoom, RoomKey } from './live-room.ts'
import { originAllowed } from './origin.ts'
import { toProblem } from './problems.ts'
import type { Lane } from './sync/room-log.ts'
import type { Allowance } from './sync/slow-client.ts'

export interface SocketData {
  principal: Principal
  surface: Hello['surface']
  hidden: boolean
  /** Rooms held whole, by view. */
  held: Map<string, LiveRoom>
  presence: PresenceUpdate | null
  allowance: Allowance
  backlogSince: number | null
}
export type ConsoleServer = Server<ClientToServer, ServerToClient, Record<string, never>, SocketData>
export type ConsoleSocket = Socket<ClientToServer, ServerToClient, Record<string, never>, SocketData>

export function createSocketServer(http: HttpServer, config: Core['config']): ConsoleServer {
  return new Server(http, {
    serveClient: false,
    maxHttpBufferSize: 64 * 1024,
    pingInterval: 2_000,
    pingTimeout: 3_000,
    wsEngine: ConsoleWebSocketServer,
    perMessageDeflate: negotiatedDeflate,
    httpCompression: false,
    allowRequest: (request, answer) => answer(null, originAllowed(request.headers, config.PUBLIC_ORIGIN)),
  })
}

export const laneOf = ({ data }: ConsoleSocket): Lane => (data.hidden || data.surface === 'phone' ? 'slow' : 'fast')

/** View and principal name exactly one room; what is addressed to a person follows him into no other tenant (S10). */
export function roomFor(principal: Principal, view: AnyView): RoomKey {
  const { tenant, home, role, actor } = principal
  return view.audience
    ? { tenant: home, view, masked: false, operator: actor.id }
    : { tenant, view, masked: seesMasked(role), operator: null }
}

export function refusal(code: ErrorCode, wait?: number): SocketRefusal {
  return { code, detail: toProblem({ refused: code }, 'en').detail, ...(wait !== undefined && { wait }) }
}

export const invalid = (errors: { path: string; message: string }[]): SocketRefusal => ({
  ...refusal('request.invalid'),
  errors,
})

/** At most so many asks in any second. */
export function budget(most: number): () => boolean {
  let used = 0
  let since = performance.now()
  return () => {
    const now = performance.now()
    if (now - since > 1_000) {
      since = now
      used = 0
    }
    used += 1
    return used <= most
  }
}
