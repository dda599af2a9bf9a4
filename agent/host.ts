/** The host agent: tells the resources of this machine as a host of desktops. */
import { parseArgs } from 'node:util'
import { HostLink } from './host-link.ts'
import { HostSampler } from './host-machine.ts'

const usage = `Usage: npm run agent -- --server URL --token TOKEN --host NAME [--every SECONDS]
  --token TOKEN      service token with the scope samples:write
  --host NAME        name of the host in the inventory
  --every SECONDS    time between resource samples (default 5)`

const { values } = parseArgs({
  options: {
    server: { type: 'string' },
    token: { type: 'string' },
    host: { type: 'string' },
    every: { type: 'string', default: '5' },
    help: { type: 'boolean', default: false },
  },
})
const { server, token, host } = values
const every = Number(values.every)
if (values.help || !server || !token || !host || !URL.canParse(server) || !(every >= 1)) {
  console.error(usage)
  process.exit(values.help ? 0 : 2)
}

const say = (text: string) => console.log(`${new Date().toISOString()} ${text}`)
const link = new HostLink({
  server,
  token: () => token,
  version: '0.1.0',
  onConnected: () => say(`connected to ${server} for host ${host}`),
  onRefused: ({ code }) => say(`refused: ${code}`),
  onUnknown: () => say(`host ${host} is not in the inventory`),
})
const sampler = new HostSampler()
const sampling = setInterval(() => {
  sampler.read().then(
    (readings) => link.send({ at: Date.now(), hosts: [{ host, ...readings }] }),
    (error: unknown) => say(`could not measure: ${String(error)}`),
  )
}, every * 1_000)

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    clearInterval(sampling)
    link.close()
  })
}
link.open()
