import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, type Socket as ServerSocket } from 'socket.io'
import { io, type Socket } from 'socket.io-client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { broadcaster, deliver, Message, packetOf } from './broadcast.ts'
import { ConsoleWebSocketServer, negotiatedDeflate } from './console-websocket.ts'

let server: Server
let url: string
const clients: Socket[] = []

beforeEach(async () => {
  const http = createServer()
  server = new Server(http, { wsEngine: ConsoleWebSocketServer, perMessageDeflate: negotiatedDeflate })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
})

afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect()
  await server.close()
})

async function join(options: Parameters<typeof io>[1] = {}): Promise<{ client: Socket; here: ServerSocket }> {
  const arrived = new Promise<ServerSocket>((resolve) => server.once('connection', resolve))
  const client = io(url, { transports: ['websocket'], forceNew: true, reconnection: false, ...options })
  clients.push(client)
  const here = await arrived
  await here.join('room')
  if (!client.connected) await new Promise<void>((resolve) => client.once('connect', resolve))
  return { client, here }
}

const heard = (client: Socket, count: number) =>
  new Promise<unknown[]>((resolve) => {
    const values: unknown[] = []
    client.onAny((_event, value) => {
      values.push(value)
      if (values.length === count) resolve(values)
    })
  })

test('a frame reaches everybody in the room, small and large, by websocket and by polling', async () => {
  const members = [
    await join(),
    await join({ perMessageDeflate: false } as object),
    await join({ transports: ['polling'] }),
  ]
  const all = members.map(({ client }) => heard(client, 3))
  const large = { rows: Array.from({ length: 500 }, (_, n) => ({ n, text: '告警 alarm'.repeat(5) })) }
  const send = broadcaster(server)
  const sent = [{ n: 1 }, large, { text: 'x'.repeat(70_000) }]
  for (const payload of sent) send('room', 'f', payload)
  expect(await Promise.all(all)).toEqual([sent, sent, sent])
})

test('a large frame is deflated on the wire, once for all', async () => {
  const { client, here } = await join()
  const bytes = () =>
    (here.conn.transport as unknown as { socket: { _socket: { bytesWritten: number } } }).socket._socket.bytesWritten
  const before = bytes()
  const got = heard(client, 1)
  const payload = { text: 'the same again and again '.repeat(1_000) }
  broadcaster(server)('room', 'f', payload)
  expect(await got).toEqual([payload])
  expect(bytes() - before).toBeLessThan(2_000)
})

test('frames, ordinary events and answers keep their order, also when the queue is full', async () => {
  const { client, here } = await join()
  const got = heard(client, 3_000)
  const send = broadcaster(server)
  for (let n = 0; n < 3_000; n += 3) {
    send('room', 'f', { n })
    here.emit('other', { n: n + 1, filling: 'y'.repeat(n % 7 === 0 ? 3_000 : 10) })
    deliver(here, new Message(packetOf('hb', { n: n + 2 })))
  }
  const order = (await got).map((value) => (value as { n: number }).n)
  expect(order).toEqual(Array.from({ length: 3_000 }, (_, n) => n))
})

test('a large answer to one console is deflated too', async () => {
  const { client, here } = await join()
  here.on('ask', (ack: (rows: string[]) => void) => ack(Array.from({ length: 1_000 }, () => 'alarm of the same kind')))
  expect(await client.emitWithAck('ask')).toHaveLength(1_000)
  expect(here.conn.transport.name).toBe('websocket')
})

test('whoever has gone is passed over', async () => {
  const gone = await join()
  const stays = await join()
  gone.client.disconnect()
  const got = heard(stays.client, 1)
  broadcaster(server)('room', 'f', { n: 1 })
  expect(await got).toEqual([{ n: 1 }])
})
