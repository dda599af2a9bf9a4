/**
 * Every operation of the HTTP interface under generated input, as every role: whatever is sent, the answer is one that the
 * interface describes, and never a fault of the server. Schemathesis comes from PyPI into a folder of the cache.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDir, run } from '../../scripts/stores/machine.mjs'
import { seedDemoAccounts } from '../../server/core/demo-accounts.ts'
import { withHouse } from '../../server/core/house.ts'
import { rooms } from '../../server/rooms.ts'
import { Client } from '../support/client.ts'
import { Installation } from './kills/installation.ts'

const version = '4.32.5'
const password = 'a password for generated input'
/** The stronger the role, the later: it may take away what the others act on. */
const people = ['viewer@acme', 'auditor@acme', 'operator@acme', 'admin@acme', 'admin@platform']
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
]
/** No limit of pace, and nobody outside is spoken to whatever address is generated. */
const settings = {
  RATE_ADDRESS_PER_MINUTE: '10000000',
  RATE_OPERATOR_PER_MINUTE: '10000000',
  RATE_TENANT_PER_MINUTE: '10000000',
  OUTGOING_HOSTS: 'nobody.invalid',
}
/** A generated request may sign its own person out: these go last, in sessions of their own. */
const sessionRoutes = '^/api/v1/session'

export async function schemathesisRun(examples: number, seed: number, say: (line: string) => void): Promise<boolean> {
  const program = await installed(say)
  const made = await Installation.stores({ settings })
  let sound = true
  try {
    await withHouse(made.config, rooms().all, 'schemathesis', (core) => seedDemoAccounts(core, password))
    const { url } = await made.addNode()
    // All at once: generated sign-ins lock this address out for a while.
    const entered = await Promise.all(
      people.map(async (person) => ({
        person,
        acting: await Client.signedIn(url, person, password),
        signingOut: await Client.signedIn(url, person, password),
      })),
    )
    const check = async (who: string, { cookie = '' }: Client, routes: string) => {
      say(`${who} ${routes}`)
      const args = [...argumentsFor(url, cookie), routes, `-n${examples}`, `--seed=${seed}`]
      sound = (await succeeds(program, args, made.dir)) && sound
    }
    for (const { person, acting } of entered) await check(person, acting, `--exclude-path-regex=${sessionRoutes}`)
    for (const { person, signingOut } of entered)
      await check(person, signingOut, `--include-path-regex=${sessionRoutes}`)
    if (made.restarts > 0) say(`the server ended by itself ${made.restarts} times`)
    return sound && made.restarts === 0
  } finally {
    await made.end()
  }
}

const argumentsFor = (url: string, cookie: string) => [
  'run',
  `${url}/api/openapi.json`,
  `--url=${url}`,
  '--generation-with-security-parameters=false',
  `--header=Cookie: ${cookie}`,
  `--checks=${checks.join(',')}`,
  '--phases=examples,coverage,fuzzing',
  '--continue-on-failure',
  '--no-color',
]

/** It keeps notes of its own where it runs. */
function succeeds(program: string, args: string[], cwd: string): Promise<boolean> {
  const child = spawn(program, args, { cwd, stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code === 0))
  })
}

async function installed(say: (line: string) => void): Promise<string> {
  const folder = join(cacheDir, `schemathesis-${version}`)
  const program = join(folder, 'bin/schemathesis')
  if (existsSync(program)) return program
  say(`installing schemathesis ${version} …`)
  await run('python3', ['-m', 'venv', folder])
  await run(join(folder, 'bin/pip'), ['install', '--quiet', `schemathesis==${version}`])
  return program
}
