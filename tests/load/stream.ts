/** What the baselines share: a Redis Stream read the way Deskwatch reads its log. */
import type { AddressInfo } from 'node:net'
import { Redis } from 'ioredis'

export function sayListening(address: string | AddressInfo | null): void {
  const port = typeof address === 'object' ? address?.port : undefined
  console.log(`{"port":${port},"msg":"listening"}`)
}

export async function followStream(take: (text: string) => void): Promise<never> {
  const stream = process.env['STREAM'] ?? ''
  const redis = new Redis(process.env['REDIS_URL'] ?? '')
  let last = '0-0'
  for (;;) {
    const answer = await redis.xread('COUNT', 500, 'BLOCK', 200, 'STREAMS', stream, last)
    for (const [, entries] of answer ?? []) {
      for (const [id, fields] of entries) {
        last = id
        take(fields[1] ?? '')
      }
    }
  }
}
