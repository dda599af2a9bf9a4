/** Configuration: parsed once from the environment, each variable with its line of documentation. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import * as z from 'zod/mini'

interface Variable<T> {
  schema: z.ZodMiniType<T>
  fallback: string | undefined
  doc: string
  secret?: boolean
}

const variable = <T>(
  schema: z.ZodMiniType<T>,
  fallback: string | undefined,
  doc: string,
  secret = false,
): Variable<T> => ({
  schema,
  fallback,
  doc,
  secret,
})
const whole = (least: number, most: number) => z.coerce.number().check(z.int(), z.minimum(least), z.maximum(most))

const variables = {
  PORT: variable(whole(0, 65535), '3000', 'TCP port of the web server; 0 takes a free one'),
  HOST: variable(z.string(), '0.0.0.0', 'Address to listen on'),
  DATA_DIR: variable(z.string(), './data', 'Folder for files of this installation: keys, audit heads, run state'),
  MONGODB_URI: variable(z.optional(z.string()), undefined, 'MongoDB with the database name in its path', true),
  REDIS_URL: variable(z.optional(z.string()), undefined, 'Redis, with the database number in its path', true),
  PUBLIC_ORIGIN: variable(
    z.optional(z.url({ protocol: /^https?$/ })),
    undefined,
    'Origin that browsers use, e.g. https://desk.example.com; unset: same host only',
  ),
  MASTER_KEY_FILE: variable(
    z.optional(z.string()),
    undefined,
    'File of mode 0600 with 32 random bytes in base64; unset: DATA_DIR/master.key, made at first start',
  ),
  LOG_LEVEL: variable(
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    'info',
    'Least level that is logged',
  ),
  NODE_NAME: variable(z.string(), hostname(), 'Name of this machine in leases and logs'),
  TRUST_PROXY: variable(whole(0, 10), '0', 'Number of reverse proxies in front whose X-Forwarded-For is believed'),
  CALM_SECONDS: variable(
    whole(1, 86400),
    '300',
    'An alarm without an end clears after so many seconds without a report (agents and API)',
  ),
  CHATTER_SECONDS: variable(whole(1, 3600), '60', 'An alarm annunciated three times within so many seconds chatters'),
  CHATTER_CALM_SECONDS: variable(whole(1, 86400), '600', 'It does until it was not annunciated for so long'),
  FLEETING_SECONDS: variable(
    whole(1, 3600),
    '30',
    'An alarm that is over within so many seconds, before anybody acknowledged, is fleeting',
  ),
  STALE_SECONDS: variable(whole(1, 2_592_000), '86400', 'An alarm that stands for so long is stale'),
  FLOOD_WINDOW_SECONDS: variable(whole(1, 86400), '600', 'Window in which annunciated alarms are counted for floods'),
  FLOOD_BEGIN: variable(whole(1, 100_000), '10', 'A flood begins above so many in the window and operator position'),
  FLOOD_END: variable(whole(1, 100_000), '5', 'and ends below so many'),
  ALARM_POSITIONS: variable(
    whole(1, 200),
    '1',
    'Operator positions that share the alarms of a tenant, where it has not set its own number',
  ),
  HOST_DOWN_TYPES: variable(
    z.string(),
    'host-down,HostDown,NodeDown',
    'Types of alarms of a host that say it is down: what its desktops report is suppressed meanwhile',
  ),
  INTAKE_MOST_WAITING: variable(whole(1, 1_000_000), '20000', 'Unfolded reports above which intake answers 503'),
  INTAKE_MOST_AGE_MS: variable(
    whole(100, 600_000),
    '10000',
    'Age of the oldest unfolded report above which intake answers 503, ms',
  ),
  SILENCE_SECONDS: variable(
    whole(1, 86400),
    '300',
    'A dead-man source (Watchdog) that is silent for so long raises an alarm',
  ),
  LEASE_RENEW_MS: variable(whole(50, 10_000), '700', 'A node renews its lease this often, ms'),
  LEASE_EXPIRE_MS: variable(whole(200, 60_000), '8000', 'A lease unchanged for so long is taken over, ms'),
  LOG_KEEP_MINUTES: variable(whole(1, 1440), '15', 'Change log kept for resuming clients, minutes'),
  LOG_KEEP_MB: variable(whole(1, 4096), '256', 'Change log kept at most, MB'),
  HISTORY_DAYS: variable(whole(1, 3650), '180', 'Finished alarm episodes and their reports are kept so many days'),
  OUTGOING_ALLOW: variable(
    z.string(),
    '',
    'Addresses and CIDR blocks, comma separated, of private receivers (webhooks, push services) that may be spoken to',
  ),
  OUTGOING_HOSTS: variable(
    z.string(),
    '',
    'Host names, comma separated, with their subdomains, that may be spoken to; unset: every public host',
  ),
  SMTP_URL: variable(
    z.optional(z.url({ protocol: /^smtps?$/ })),
    undefined,
    'Mail server, e.g. smtps://user:password@mail.example.com; unset: no e-mail',
    true,
  ),
  SMTP_FROM: variable(z.string(), 'Deskwatch <deskwatch@localhost>', 'Sender of e-mail where a tenant has none'),
  DELIVERY_PAUSE_MS: variable(
    whole(50, 600_000),
    '5000',
    'Pause before the second attempt of a delivery, ms; each later one is three times as long, at most an hour',
  ),
  DELIVERY_ATTEMPTS: variable(whole(1, 50), '8', 'Attempts after which a delivery has failed'),
  NOTIFICATION_DAYS: variable(whole(1, 3650), '30', 'Notifications and their deliveries are kept so many days'),
  HOST_METRICS_FILE: variable(
    z.optional(z.string()),
    undefined,
    'JSON file that names a Prometheus with host metrics per tenant; unset: none is asked',
  ),
  SAMPLE_MEMORY_MB: variable(
    whole(1, 65_536),
    '384',
    'Memory for the last hour of samples per node; enough for 2,000 desktops with one a second',
  ),
  SAMPLE_DAYS: variable(whole(1, 365), '30', 'Resource samples by minute are kept so many days'),
  ORDER_HOT_DAYS: variable(whole(1, 90), '7', 'Ended work orders stay in the live list so many days, then in history'),
  ORDER_QUIET_MS: variable(
    whole(500, 3_600_000),
    '60000',
    'A step of a work order without progress for so long fails, ms (steps that cannot tell have limits of their own)',
  ),
  POWER_GRACE_SECONDS: variable(
    whole(1, 600),
    '30',
    'A desktop whose power button was pressed has so long before it may be powered off by force',
  ),
  PROVIDER_SILENT_SECONDS: variable(
    whole(1, 600),
    '10',
    'A provider of desktops that does not answer for so long is away: nobody can tell how its desktops are',
  ),
  WORKER_SLOTS: variable(whole(1, 1000), '4', 'Work orders and jobs that one worker runs at once'),
  DRAIN_MS: variable(whole(0, 60_000), '10000', 'Time to finish requests after SIGTERM, ms'),
  RATE_ADDRESS_PER_MINUTE: variable(
    whole(1, 10_000_000),
    '3000',
    'API requests per address and minute (intake excepted)',
  ),
  RATE_OPERATOR_PER_MINUTE: variable(
    whole(1, 10_000_000),
    '1200',
    'API requests per operator or token and minute (intake excepted)',
  ),
  RATE_TENANT_PER_MINUTE: variable(
    whole(1, 10_000_000),
    '20000',
    'API requests per tenant and minute (intake excepted)',
  ),
  DEMO: variable(z.enum(['0', '1']), '0', 'Set by the demo launcher only: the seed may create demo accounts'),
  DEMO_PASSWORD: variable(z.optional(z.string()), undefined, 'Password of the demo accounts', true),
} satisfies Record<string, Variable<unknown>>

type Variables = typeof variables
export type Config = { [K in keyof Variables]: Variables[K] extends Variable<infer T> ? T : never } & {
  /** Revision shown to clients so that a wall reloads for a new build. */
  build: string
}

/** Reads and checks the whole environment; throws one error that names every bad variable. */
export function readConfig(env: Record<string, string | undefined>): Config {
  const problems: string[] = []
  const values: Record<string, unknown> = {}
  for (const [name, { schema, fallback }] of Object.entries<Variable<unknown>>(variables)) {
    const parsed = schema.safeParse(env[name] || fallback)
    if (parsed.success) values[name] = parsed.data
    else problems.push(`${name}: ${parsed.error.issues.map((issue) => issue.message).join('; ')}`)
  }
  if (problems.length) throw new Error(`Configuration is not usable:\n  ${problems.join('\n  ')}`)
  // Every key of `variables` was parsed by its own schema just above.
  return { ...values, build: env['BUILD'] ?? builtVersion() } as Config
}

/** The version that Kit wrote into the build: the same on every node, another after every deploy. */
function builtVersion(): string {
  const file = join(import.meta.dirname, '../../build/_app/version.json')
  return existsSync(file) ? createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12) : 'unbuilt'
}

/** The table that `--check-config` prints. */
export function describeConfig(env: Record<string, string | undefined>): string {
  return Object.entries<Variable<unknown>>(variables)
    .map(([name, { fallback, doc, secret }]) => {
      const value = env[name] ? (secret ? '(set)' : env[name]) : (fallback ?? '(unset)')
      return `${name.padEnd(26)} ${value.padEnd(24)} ${doc}`
    })
    .join('\n')
}
