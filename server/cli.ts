/** Commands of an installation, beside running servers or without them. */
import { parseArgs } from 'node:util'
import { createOperator, createToken, resetPassword, type Options } from './cli/accounts.ts'
import { verifyAudit } from './cli/audit.ts'
import { openAccounts, type House } from './cli/house.ts'
import { rotateKeys } from './cli/keys.ts'
import { putBackAll, setAside } from './cli/reports.ts'

const usage = `Usage: node server/cli.ts <command>
  token --tenant CODE --scope RIGHT [--scope RIGHT …] [--name TEXT] [--days N]
  operator create --tenant CODE [--tenant-name TEXT] --username NAME [--name TEXT] [--role admin] [--ask | --password-stdin]
  operator reset-password --username NAME@CODE [--second-factor] [--ask | --password-stdin]
  audit verify [--tenant CODE]
  keys rotate
  reports set-aside | put-back [--tenant CODE]
Stores: MONGODB_URI and REDIS_URL, or those of the launcher that runs on DATA_DIR.`

const commands: Record<string, (house: House, options: Options) => Promise<string>> = {
  token: createToken,
  'operator create': createOperator,
  'operator reset-password': resetPassword,
  'audit verify': async (house, options) => {
    const { text, sound } = await verifyAudit(house, tenantOf(options))
    if (!sound) process.exitCode = 1
    return text
  },
  'keys rotate': rotateKeys,
  'reports set-aside': (house, options) => setAside(house, tenantOf(options)),
  'reports put-back': (house, options) => putBackAll(house, tenantOf(options)),
}

const tenantOf = ({ tenant }: Options) => (typeof tenant === 'string' ? tenant : undefined)

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      tenant: { type: 'string' },
      'tenant-name': { type: 'string' },
      scope: { type: 'string', multiple: true },
      name: { type: 'string' },
      days: { type: 'string' },
      username: { type: 'string' },
      role: { type: 'string' },
      ask: { type: 'boolean' },
      'password-stdin': { type: 'boolean' },
      'second-factor': { type: 'boolean' },
    },
  })
  const command = commands[positionals.join(' ')]
  if (!command) throw new Error(usage)
  const house = await openAccounts(process.env)
  const text = await command(house, values).finally(() => house.close())
  // Last, so that nothing follows what a script wants to take from the last line.
  process.stdout.write(`${text}\n`)
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
