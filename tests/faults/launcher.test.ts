import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isAlive } from '../../scripts/launch/data-dir.mjs'
import { endGuests } from '../../scripts/launch/guests.mjs'
import { freePort } from '../../scripts/stores/child.mjs'

const script = join(import.meta.dirname, '../../scripts/start.mjs')
let dir: string
let port: number
let launcher: ChildProcess
let printed = ''

async function until(what: string, check: () => boolean | Promise<boolean>, withinMs = 60_000) {
  const deadline = Date.now() + withinMs
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms\n${printed}`)
    await delay(20)
  }
}

function start(): ChildProcess {
  printed = ''
  const env = { ...process.env, DATA_DIR: dir, PORT: String(port) }
  const child = spawn(process.execPath, [script, '--web', '0', '--desktops', '10', '--qemu', '1'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  return child
}

const pidOf = async (name: string) => Number(await readFile(join(dir, 'run', `${name}.pid`), 'utf8'))
/** The launcher takes the file away when the process dies, and writes it again. */
const pidIfAny = async (name: string) => {
  try {
    return await pidOf(name)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
const isReady = () =>
  fetch(`http://127.0.0.1:${port}/readyz`).then(
    (answer) => answer.ok,
    () => false,
  )

async function pids(): Promise<number[]> {
  const names = (await readdir(join(dir, 'run'), { recursive: true })).filter((file) => file.endsWith('.pid'))
  return Promise.all(names.map((file) => pidOf(file.slice(0, -4))))
}

const guests = async () =>
  existsSync(join(dir, 'run/vm')) ? (await readdir(join(dir, 'run/vm'))).filter((file) => file.endsWith('.pid')) : []

describe('npm start', () => {
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'deskwatch-start-'))
    port = await freePort()
    launcher = start()
    await until('the first start', () => printed.includes('Deskwatch is ready'))
  })
  afterAll(async () => {
    launcher.kill('SIGKILL')
    await endGuests(dir)
    await rm(dir, { recursive: true, force: true })
  })

  test('says which engines run, prints the password once and keeps it for its owner only', async () => {
    const password = (await readFile(join(dir, 'demo-password'), 'utf8')).trim()
    expect(printed).toContain(`password: ${password}`)
    expect(printed).toMatch(/engines: +redis-server/i)
  })

  test('a second start on the same data folder is refused and disturbs nothing', async () => {
    const second = spawn(process.execPath, [script, '--web', '0'], { env: { ...process.env, DATA_DIR: dir } })
    let said = ''
    second.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const [code] = await once(second, 'exit')
    expect(code).toBe(1)
    expect(said).toContain('already runs on')
    expect(await isReady()).toBe(true)
  })

  test.each(['server-1', 'mongo', 'redis'])('%s is started again when it is killed', async (name) => {
    const before = await pidOf(name)
    process.kill(before, 'SIGKILL')
    await until(`${name} again`, async () => ![before, null].includes(await pidIfAny(name)))
    await until('ready again', isReady)
  })

  test('a real desktop lives on when the process that holds it is killed, and is held again by the next', async () => {
    await until('the real desktop runs', async () => (await guests()).length === 1)
    const [file = ''] = await guests()
    const guest = await pidOf(`vm/${file.slice(0, -4)}`)
    const before = await pidOf('fleet-qemu')
    process.kill(before, 'SIGKILL')
    await until('fleet-qemu again', async () => ![before, null].includes(await pidIfAny('fleet-qemu')))
    const log = join(dir, 'logs/fleet-qemu.log')
    await until('it is held again', async () => (await readFile(log, 'utf8')).includes('running guests taken up'))
    expect(await pidOf(`vm/${file.slice(0, -4)}`)).toBe(guest)
    expect(isAlive(guest)).toBe(true)
  })

  test('SIGTERM ends every process, and the next start finds the demo as it was', async () => {
    const all = await pids()
    launcher.kill('SIGTERM')
    const [code] = await once(launcher, 'exit')
    expect(code).toBe(0)
    expect(all.filter(isAlive)).toEqual([])
    launcher = start()
    await until('the second start', () => printed.includes('Deskwatch is ready'))
    await until('the real desktop runs again', async () => (await guests()).length === 1)
    expect(printed).not.toContain('demo data')
  })

  test('no process outlives a launcher that is killed', async () => {
    const all = await pids()
    expect(all.length).toBeGreaterThan(4)
    launcher.kill('SIGKILL')
    await until('all gone', () => all.every((pid) => !isAlive(pid)), 5_000)
  })
})
