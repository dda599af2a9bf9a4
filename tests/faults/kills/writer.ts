/**
 * A sender in a process of its own: posts batches with ids of its own to any node, and repeats a batch with the same
 * ids until it is accepted. Tells its parent when each request was outstanding, and what was accepted.
 */
const [name = 'w', token = '', perBatch = '40', pauseMs = '10', ...urls] = process.argv.slice(2)
const size = Number(perBatch)
const desktops = 40
const patienceMs = 6_000

export interface Told {
  /** Ms since the epoch: when a request was outstanding, at which node, and its status (0: no answer). */
  request?: [from: number, to: number, node: number, status: number]
  /** Number of a batch that was accepted. */
  accepted?: number
  done?: true
}

let next = 0
let stopping = false
const tell = (told: Told) => process.send?.(told)
const now = () => performance.timeOrigin + performance.now()

function batch(n: number) {
  return Array.from({ length: size }, (_, i) => ({
    id: `${name}-${n}-${i}`,
    type: 'stutter',
    severity: (['low', 'medium', 'high', 'critical'] as const)[(n + i) % 4],
    // Both writers report of the same desktops, so that two nodes fold into the same alarm at once.
    desktop: `HOT-${(n * 7 + i) % desktops}`,
    status: n % 5 === 4 && i === size - 1 ? 'cleared' : 'firing',
    summary: `report ${n} ${i} of ${name}`,
  }))
}

async function post(node: number, body: string): Promise<number> {
  const from = now()
  let status = 0
  try {
    const answer = await fetch(`${urls[node]}/api/v1/alarms`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
      body,
      signal: AbortSignal.timeout(patienceMs),
    })
    await answer.text()
    status = answer.status
  } catch {
    // No answer: killed under us, or not there yet. The same batch again, perhaps elsewhere.
    status = 0
  }
  tell({ request: [from, now(), node, status] })
  return status
}

async function send(n: number): Promise<void> {
  const body = JSON.stringify(batch(n))
  for (let attempt = n; ; attempt++) {
    const status = await post(attempt % urls.length, body)
    if (status === 202) return void tell({ accepted: n })
    if (status !== 0 && status !== 503) throw new Error(`batch ${n} of ${name}: ${status}`)
    await new Promise((resolve) => setTimeout(resolve, status === 503 ? 100 : 20))
  }
}

async function keepSending(): Promise<void> {
  while (!stopping) {
    await send(next++)
    await new Promise((resolve) => setTimeout(resolve, Number(pauseMs)))
  }
}

process.on('message', () => (stopping = true))
await Promise.all([keepSending(), keepSending(), keepSending()])
process.send?.({ done: true } satisfies Told, () => process.exit(0))
