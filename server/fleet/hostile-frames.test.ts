import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from 'socket.io'
import { io } from 'socket.io-client'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { memoryCore } from '../../tests/support/memory-core.ts'
import { sha256 } from '../core/passwords.ts'
import { TokenDocs, tokenId } from '../core/tenants.ts'
import { agentDirectory } from '../features/inventory/service.ts'
import type { AgentAck } from './agent-contract.ts'
import { attachAgents } from './agent-gateway.ts'
import { Random } from './simulated/random.ts'

const enrolment = `dwt_acme_${'e'.repeat(43)}`
const frames = 10_000
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`

const text = (random: Random, most: number) =>
  String.fromCharCode(...Array.from({ length: random.whole(0, most) }, () => random.whole(1, 0xd7ff)))

/** Well-formed packets with contents that no honest agent sends: the gateway itself has to judge them. */
function hostileEvent(random: Random): string {
  const values = [
    () => 'null',
    () => '[]',
    () => nested(random.whole(2, 3_000)),
    () => `{"__proto__":{"polluted":true},"id":"a","severity":"low"}`,
    () => `{"constructor":{"prototype":{"polluted":true}}}`,
    () => `{"id":{"$gt":""},"severity":{"$ne":null}}`,
    () => `{"seq":1e999,"uptime":-1,"at":"now"}`,
    () =>
      JSON.stringify({
        id: text(random, 200),
        severity: text(random, 20),
        readings: { [text(random, 10)]: text(random, 10) },
      }),
  ]
  const value = () => (random.pick(values) ?? (() => '0'))()
  const name = random.pick(['report', 'sample', 'heartbeat', 'constructor', '__proto__', 'toString', '']) ?? ''
  const ack = random.pick(['', '1', '99999999999999999999']) ?? ''
  return random.chance(0.8)
    ? `42/agent,${ack}["${name}",${value()}]`
    : `42/agent,${ack}["${name}",${value()},${value()}]`
}

/** What is no packet at all, or one that belongs elsewhere: the sender's connection does not survive it. */
function hostilePacket(random: Random): string | Buffer {
  const kinds = [
    () => `45${random.whole(0, 9)}-/agent,["report",{"_placeholder":true,"num":${random.whole(-5, 99)}}]`,
    () => `42/other,1["report",{}]`,
    () => `4${random.whole(0, 9)}${text(random, 30)}`,
    () => `43/agent,${random.whole(0, 9)}["x"]`,
    () => text(random, 60),
    () => Buffer.from(text(random, 40)),
    () => `40/agent,{"token":1}`,
    () => `42/agent,["disconnect"]`,
  ]
  return (random.pick(kinds) ?? (() => ''))()
}

test('ten thousand hostile frames crash nothing, store nothing and disturb nobody', async () => {
  const seed = 20_261_123
  const random = new Random(seed)
  const core = memoryCore()
  core.views.take(TokenDocs, {
    _id: tokenId('acme', sha256(enrolment)),
    v: 1,
    tenant: 'acme',
    name: 'enrolment',
    scopes: ['inventory:enrol'],
    createdBy: 'test',
    createdAt: 0,
    expiresAt: null,
    revokedAt: null,
  } as never)
  const http = createServer()
  const server = new Server(http, { maxHttpBufferSize: 65_536 })
  let reports = 0
  const gateway = attachAgents(server, core, {
    directory: agentDirectory(core),
    samples: { desktop: () => undefined, left: () => undefined },
    accept: async (from) => {
      if (from.name !== 'GOOD') reports++
      return { accepted: true }
    },
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const port = (http.address() as AddressInfo).port
  const auth = { protocol: 1, version: '1', token: enrolment }
  const good = io(`http://127.0.0.1:${port}/agent`, {
    transports: ['websocket'],
    reconnection: false,
    auth: { ...auth, desktop: 'GOOD', secret: 'g'.repeat(43) },
  })
  const welcome = new Promise((resolve) => good.once('welcome', resolve))
  await welcome

  let sent = 0
  let connections = 0
  const attack = async (): Promise<void> => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`)
    const desktop = `HOSTILE-${connections++}`
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    socket.on('error', () => socket.terminate())
    socket.on('message', (data: Buffer) => {
      const frame = data.toString()
      if (frame.startsWith('0{')) socket.send(`40/agent,${JSON.stringify({ ...auth, desktop })}`)
      if (!frame.startsWith('42/agent,["welcome"')) return
      for (let n = 0; n < 9; n++) socket.send(hostileEvent(random))
      socket.send(hostilePacket(random))
      sent += 10
      // Some of the last kind are only ignored.
      setTimeout(() => socket.close(), 50)
    })
    await closed
  }
  const attackers = Array.from({ length: 50 }, async () => {
    while (sent < frames) await attack()
  })
  await Promise.all(attackers)
  const ack = (await good.timeout(5_000).emitWithAck('heartbeat', { seq: 1, uptime: 1, at: 1 })) as AgentAck
  expect(ack.accepted, `seed ${seed}`).toBe(true)
  expect(reports, `seed ${seed}`).toBe(0)
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  expect(connections).toBeGreaterThan(100)
  process.stdout.write(`${sent} hostile frames over ${connections} connections, seed ${seed}\n`)
  good.close()
  gateway.drain()
  await server.close()
}, 60_000)
