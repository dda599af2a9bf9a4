/**
 * The one way out of the house to an address that somebody typed in (S-7): the name is resolved, every address it has is
 * checked, and the connection goes to the checked address. Private ranges are refused unless the installation allows
 * them, nothing follows a redirect, and time and size of an answer are limited.
 */
import { lookup } from 'node:dns/promises'
import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import type { Config } from './config.ts'
import { must } from './must.ts'

export type OutgoingReason = 'scheme' | 'host' | 'address' | 'unresolved'

/** Not sent, and not to be tried again as it is. */
export class OutgoingRefused extends Error {
  readonly reason: OutgoingReason

  constructor(reason: OutgoingReason, what: string) {
    super(`${reason}: ${what}`)
    this.reason = reason
  }
}

export interface OutgoingRequest {
  url: string
  method: 'POST' | 'GET'
  headers: Record<string, string>
  body?: string | Buffer
  timeoutMs: number
}

export interface OutgoingAnswer {
  status: number
  headers: IncomingMessage['headers']
  /** The beginning of it. */
  body: string
}

interface Address {
  address: string
  family: 4 | 6
}

const mostAnswerBytes = 16 * 1024

export class Outgoing {
  readonly #blocks: [ipaddr.IPv4 | ipaddr.IPv6, number][]
  readonly #hosts: string[]
  readonly #resolve: (host: string) => Promise<Address[]>

  constructor(config: Pick<Config, 'OUTGOING_ALLOW' | 'OUTGOING_HOSTS'>, resolve = resolveHost) {
    this.#blocks = list(config.OUTGOING_ALLOW).map(parseBlock)
    this.#hosts = list(config.OUTGOING_HOSTS).map((host) => host.toLowerCase())
    this.#resolve = resolve
  }

  /** Throws `OutgoingRefused`, or the network's error; any status is an answer. */
  async send(target: OutgoingRequest): Promise<OutgoingAnswer> {
    const url = new URL(target.url)
    const signal = AbortSignal.timeout(target.timeoutMs)
    const addresses = await untilAborted(this.check(url), signal)
    return exchange(url, addresses, target, signal)
  }

  /** The addresses that a connection may go to. */
  async check(url: URL): Promise<Address[]> {
    const host = hostOf(url)
    if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new OutgoingRefused('scheme', url.protocol)
    if (!this.#namedHost(host)) throw new OutgoingRefused('host', host)
    const addresses = await this.#addressesOf(host)
    const bad = addresses.find((one) => !this.#reachable(one.address))
    if (bad) throw new OutgoingRefused('address', bad.address)
    // Without TLS only to what the installation vouches for.
    if (url.protocol === 'http:' && !addresses.every((one) => this.#allowed(one.address)))
      throw new OutgoingRefused('scheme', url.protocol)
    return addresses
  }

  async #addressesOf(host: string): Promise<Address[]> {
    const family = isIP(host)
    if (family === 4 || family === 6) return [{ address: host, family }]
    const found = await this.#resolve(host)
    if (found.length === 0) throw new OutgoingRefused('unresolved', host)
    return found
  }

  #namedHost(host: string): boolean {
    return this.#hosts.length === 0 || this.#hosts.some((known) => host === known || host.endsWith(`.${known}`))
  }

  #reachable(address: string): boolean {
    return ipaddr.process(address).range() === 'unicast' || this.#allowed(address)
  }

  #allowed(address: string): boolean {
    const parsed = ipaddr.process(address)
    return this.#blocks.some((block) => parsed.kind() === block[0].kind() && parsed.match(block))
  }
}

const list = (text: string) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)

/** An address is a block of one. */
export function parseBlock(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  if (text.includes('/')) return ipaddr.parseCIDR(text)
  const address = ipaddr.process(text)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}

const hostOf = ({ hostname }: URL) => hostname.replace(/^\[|\]$/g, '').toLowerCase()

async function resolveHost(host: string): Promise<Address[]> {
  try {
    const found = await lookup(host, { all: true })
    return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }))
  } catch (error) {
    // A name that does not exist; one whose server does not answer may be there the next time.
    if (error instanceof Error && 'code' in error && error.code === 'ENOTFOUND')
      throw new OutgoingRefused('unresolved', host)
    throw error
  }
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error('no answer in time'))
    signal.addEventListener('abort', late, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', late))
  })
}

function exchange(
  url: URL,
  addresses: readonly Address[],
  { method, headers, body }: OutgoingRequest,
  signal: AbortSignal,
): Promise<OutgoingAnswer> {
  const first = must(addresses[0], 'a checked host has an address')
  const checked: LookupFunction = (_host, options, done) =>
    options.all ? done(null, [...addresses]) : done(null, first.address, first.family)
  const options: RequestOptions = { method, headers, lookup: checked, agent: false, signal }
  const open = url.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const request = open(url, options, (response) => {
      readBeginning(response).then(
        (text) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        reject,
      )
    })
    request.once('error', (error) => reject(signal.aborted ? new Error('no answer in time') : error))
    request.end(body)
  })
}

/** What is beyond the limit is not waited for. */
async function readBeginning(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of response) {
    const bytes = Buffer.from(part as Uint8Array)
    parts.push(bytes)
    size += bytes.length
    if (size >= mostAnswerBytes) break
  }
  return Buffer.concat(parts).subarray(0, mostAnswerBytes).toString('utf8')
}
