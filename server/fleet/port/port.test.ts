import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createLogger } from '../../core/logger.ts'
import { until } from '../../../tests/support/until.ts'
import { ProviderError, type DesktopProvider, type Long } from '../provider.ts'
import { simulatedProvider } from '../simulated/provider.ts'
import { Random } from '../simulated/random.ts'
import { openProviders } from './providers.ts'
import { remoteProvider, type RemoteProvider } from './remote.ts'
import { serveProvider, type Door } from './serve.ts'

let dir: string
let door: Door | null = null
let remote: RemoteProvider
let starts: { long: Long; finish: () => void }[]
const sockets: Socket[] = []

/** Only `start` matters here: it goes on until it is finished or stopped. */
function provider(): DesktopProvider {
  const fleet = { hosts: [], get: () => undefined, all: () => [], hostFor: () => '', add: () => {}, remove: () => {} }
  return {
    ...simulatedProvider({ fleet, random: new Random(1), disks: null }),
    start: (_ref, long) =>
      new Promise((resolve, reject) => {
        starts.push({ long, finish: resolve })
        const stop = () => reject(new ProviderError('provider.cancelled', 'stopped'))
        long.signal.addEventListener('abort', stop, { once: true })
      }),
  }
}
const open = async () => {
  const logger = createLogger('silent', 'test')
  const paths = { socketPath: join(dir, 'port.sock'), actsPath: join(dir, 'acts.ndjson') }
  door = await serveProvider(provider(), { ...paths, logger, returnMs: 300 })
}
const shut = async () => {
  await door?.close()
  door = null
}
const long = (op: string, signal = new AbortController().signal): Long & { parts: (number | null)[] } => {
  const parts: (number | null)[] = []
  return { op, signal, parts, onProgress: ({ part }) => void parts.push(part) }
}
const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'done',
    (error: unknown) => (error instanceof ProviderError ? error.code : error),
  )
/** A caller that can be cut off: it says one thing and hears what comes. */
function raw(...says: string[]): { socket: Socket; heard: () => string } {
  const socket = connect(join(dir, 'port.sock'))
  let heard = ''
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString()))
  socket.on('error', () => undefined)
  for (const line of says) socket.write(`${line}\n`)
  sockets.push(socket)
  return { socket, heard: () => heard }
}
const starting = (op: string, ref = 'acme:d1') => JSON.stringify({ t: 'call', id: 1, method: 'start', args: [ref], op })

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'deskwatch-port-'))
  starts = []
  await open()
  remote = remoteProvider('simulated', join(dir, 'port.sock'), { patienceMs: 1_500 })
})
afterEach(async () => {
  remote.close()
  for (const socket of sockets.splice(0)) socket.destroy()
  await shut()
  await rm(dir, { recursive: true })
})

test('calls, progress, refusals and a stop go across as if the provider were here', async () => {
  expect(await remote.listDesktops()).toEqual([])
  expect([...remote.offers]).toEqual(['hosts', 'power', 'probe'])
  expect(await codeOf(remote.probe('acme:d1'))).toBe('provider.unknown-desktop')
  const first = long('one')
  const done = codeOf(remote.start('acme:d1', first))
  await until('it is begun', () => starts.length === 1)
  starts[0]?.long.onProgress({ part: 0.5 })
  starts[0]?.finish()
  expect(await done).toBe('done')
  expect(first.parts).toEqual([0.5])
  const stop = new AbortController()
  const second = codeOf(remote.start('acme:d1', long('two', stop.signal)))
  await until('it is begun', () => starts.length === 2)
  stop.abort()
  expect(await second).toBe('provider.cancelled')
})

test('only the user of this installation may open the door', async () => {
  expect((await stat(join(dir, 'port.sock'))).mode & 0o777).toBe(0o600)
})

test('a caller that was cut off and asks again under the same name gets the one outcome; it is done once', async () => {
  const first = raw(starting('same'))
  await until('it is begun', () => starts.length === 1)
  first.socket.destroy()
  const again = raw(starting('same'))
  const third = raw(starting('same'))
  await until('both are connected', () => [again, third].every(({ heard }) => heard().includes('welcome')))
  starts[0]?.finish()
  for (const { heard } of [again, third]) await until('it is answered', () => heard().includes('"outcome"'))
  expect(starts).toHaveLength(1)
  expect(await codeOf(remote.start('acme:d1', long('same')))).toBe('done')
  expect(starts).toHaveLength(1)
  expect(await codeOf(remote.start('acme:other', long('same')))).toBe('provider.invalid')
})

test('an act whose caller does not come back is stopped, and is done anew when it is asked for later', async () => {
  const first = raw(starting('orphan'))
  await until('it is begun', () => starts.length === 1)
  first.socket.destroy()
  await until('it is stopped', () => starts[0]?.long.signal.aborted === true)
  const again = codeOf(remote.start('acme:d1', long('orphan')))
  await until('it is begun again', () => starts.length === 2)
  starts[1]?.finish()
  expect(await again).toBe('done')
})

test('an act that ended before its process did is answered by the next process, not done again', async () => {
  const done = codeOf(remote.start('acme:d1', long('kept')))
  await until('it is begun', () => starts.length === 1)
  starts[0]?.finish()
  expect(await done).toBe('done')
  await shut()
  await open()
  expect(await codeOf(remote.start('acme:d1', long('kept')))).toBe('done')
  expect(starts).toHaveLength(1)
})

test('a call waits for a process that comes back, and says so when none does', async () => {
  const waiting = codeOf(remote.start('acme:d1', long('waits')))
  await until('it is begun', () => starts.length === 1)
  await shut()
  const reading = codeOf(remote.listHosts())
  expect(await reading).toBe('provider.unavailable')
  await open()
  await until('it is begun again', () => starts.length === 2)
  starts[1]?.finish()
  expect(await waiting).toBe('done')
  const lost = codeOf(remote.start('acme:d1', long('lost')))
  await until('it is begun', () => starts.length === 3)
  await shut()
  expect(await lost).toBe('provider.unknown-outcome')
  expect(await codeOf(remote.start('acme:d1', long('never')))).toBe('provider.unavailable')
})

test('what is no call ends the connection that said it and disturbs no other', async () => {
  const good = codeOf(remote.start('acme:d1', long('good')))
  await until('it is begun', () => starts.length === 1)
  const calls = [
    'no json',
    '{"t":"call"}',
    '[]',
    'null',
    '{"t":"call","id":1,"method":"constructor","args":[]}',
    '{"t":"call","id":1,"method":"start","args":["d"],"op":"","__proto__":{}}',
  ]
  for (const line of calls) {
    const { socket } = raw(line)
    await once(socket, 'close')
  }
  const { heard } = raw('{"t":"call","id":1,"method":"probe","args":[{"$gt":""}]}', '{"t":"ping"}')
  await until('it is refused', () => heard().includes('provider.fault') && heard().includes('pong'))
  starts[0]?.finish()
  expect(await good).toBe('done')
})

test('a provider whose process does not run is unavailable, and desktops of agents alone have none', async () => {
  const providers = openProviders(dir, { patienceMs: 300 })
  expect(await codeOf(providers.of('qemu').listHosts())).toBe('provider.unavailable')
  expect(providers.of('qemu').connected).toBe(false)
  expect(() => providers.of('agent')).toThrow(ProviderError)
  providers.close()
})
