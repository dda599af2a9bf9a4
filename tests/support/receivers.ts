/** Real receivers on this machine: a push service that decrypts, a webhook that checks signatures, a mail server. */
import {
  createECDH,
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  verify,
  type ECDH,
} from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttp, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decrypt } from 'http_ece'
import forge from 'node-forge'
import { SMTPServer } from 'smtp-server'
import { must } from '../../server/core/must.ts'

export interface Receiver {
  /** Answers with this status instead of taking it; null: takes it. */
  refuse: number | null
  /** How often it was asked, also in vain. */
  asked: number
  close: () => Promise<void>
}

const bodyOf = async (request: IncomingMessage) => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(Buffer.from(part as Uint8Array))
  return Buffer.concat(parts)
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

const closing = (server: Server) => () => new Promise<void>((resolve) => server.close(() => resolve()))

/** Takes what comes unless it is to refuse; a receiver's mistake is the answer's 500. */
function handler(receiver: Receiver, take: (request: IncomingMessage, body: Buffer) => void): RequestListener {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await bodyOf(request)
    receiver.asked++
    if (receiver.refuse !== null) return response.writeHead(receiver.refuse).end('not now')
    take(request, body)
    return response.writeHead(201).end()
  }
  return (request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
  }
}

// --- web push --------------------------------------------------------------------------------------------------------

export interface Pushed {
  title: string
  body: string
  link: string | null
  event: string
  topic: string
}

export interface PushService extends Receiver {
  /** File of its certificate, for NODE_EXTRA_CA_CERTS of the server. */
  certificate: string
  /** A browser of this service, as it subscribes with the installation's public key. */
  subscribe: (applicationServerKey: string) => Subscription
  received: (subscription: Subscription) => Pushed[]
}

export interface Subscription {
  endpoint: string
  keys: { p256dh: string; auth: string }
}

interface Subscriber {
  ecdh: ECDH
  auth: Buffer
  serverKey: string
  got: Pushed[]
}

/** RFC 8030 with VAPID (RFC 8292) and message encryption (RFC 8291): what does not check out is refused. */
export async function startPushService(): Promise<PushService> {
  const dir = await mkdtemp(join(tmpdir(), 'deskwatch-push-'))
  const { cert, key } = selfSigned()
  const certificate = join(dir, 'ca.pem')
  await writeFile(certificate, cert)
  const subscribers = new Map<string, Subscriber>()
  let origin = ''
  const service: PushService = {
    refuse: null,
    asked: 0,
    certificate,
    subscribe(serverKey) {
      const ecdh = createECDH('prime256v1')
      ecdh.generateKeys()
      const [path, auth] = [`/push/${randomBytes(8).toString('hex')}`, randomBytes(16)]
      subscribers.set(path, { ecdh, auth, serverKey, got: [] })
      const keys = { p256dh: ecdh.getPublicKey('base64url'), auth: auth.toString('base64url') }
      return { endpoint: origin + path, keys }
    },
    received: ({ endpoint }) => must(subscribers.get(new URL(endpoint).pathname), 'it subscribed').got,
    close: async () => {
      await closing(server)()
      await rm(dir, { recursive: true, force: true })
    },
  }
  const server = createHttps(
    { cert, key },
    handler(service, ({ url = '', headers }, body) => {
      const subscriber = must(subscribers.get(url), 'nobody subscribed there')
      checkVapid(String(headers.authorization), subscriber.serverKey, origin)
      if (!headers.ttl || headers['content-encoding'] !== 'aes128gcm') throw new Error('TTL and encoding are needed')
      const plain = decrypt(body, { version: 'aes128gcm', privateKey: subscriber.ecdh, authSecret: subscriber.auth })
      const said: Omit<Pushed, 'topic'> = JSON.parse(plain.toString('utf8'))
      subscriber.got.push({ ...said, topic: String(headers.topic) })
    }),
  )
  origin = `https://127.0.0.1:${await listening(server)}`
  return service
}

function checkVapid(authorization: string, serverKey: string, audience: string): void {
  const [, token = '', key = ''] = /^vapid t=([^,]+), ?k=(.+)$/.exec(authorization) ?? []
  if (key !== serverKey) throw new Error('signed with another key than it subscribed with')
  const [head = '', claims = '', signature = ''] = token.split('.')
  const point = Buffer.from(key, 'base64url')
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString('base64url'))
  const publicKey = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
  const options = { key: publicKey, dsaEncoding: 'ieee-p1363' as const }
  if (!verify('sha256', Buffer.from(`${head}.${claims}`), options, Buffer.from(signature, 'base64url')))
    throw new Error('the signature does not fit')
  const said: { aud: string; exp: number; sub: string } = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8'))
  const soon = Date.now() / 1000 + 24 * 3600
  if (
    said.aud !== audience ||
    !(said.exp > Date.now() / 1000 && said.exp <= soon) ||
    !/^(mailto|https):/.test(said.sub)
  )
    throw new Error('audience, expiry or subject is wrong')
}

function selfSigned(): { cert: string; key: string } {
  const pair = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = forge.pki.publicKeyFromPem(pair.publicKey)
  certificate.serialNumber = '01'
  certificate.validity.notBefore = new Date(Date.now() - 86_400_000)
  certificate.validity.notAfter = new Date(Date.now() + 86_400_000)
  const name = [{ name: 'commonName', value: 'push service of tests' }]
  certificate.setSubject(name)
  certificate.setIssuer(name)
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true },
    { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
  ])
  certificate.sign(forge.pki.privateKeyFromPem(pair.privateKey), forge.md.sha256.create())
  return { cert: forge.pki.certificateToPem(certificate), key: pair.privateKey }
}

// --- webhook ---------------------------------------------------------------------------------------------------------

export interface Hooked {
  delivery: string
  body: { id: string; kind: string; text: { en: { title: string } }; facts: Record<string, unknown> }
}

export interface WebhookReceiver extends Receiver {
  url: string
  /** Only what is signed with this counts. */
  secret: string
  got: Hooked[]
}

export async function startWebhook(): Promise<WebhookReceiver> {
  const receiver: WebhookReceiver = {
    refuse: null,
    asked: 0,
    url: '',
    secret: '',
    got: [],
    close: async () => undefined,
  }
  const server = createHttp(
    handler(receiver, ({ headers }, body) => {
      const [delivery, timestamp] = [headers['deskwatch-delivery'], headers['deskwatch-timestamp']].map(String)
      const signed = createHmac('sha256', receiver.secret).update(`${delivery}.${timestamp}.${body.toString('utf8')}`)
      if (headers['deskwatch-signature'] !== `v1=${signed.digest('hex')}`) throw new Error('the signature does not fit')
      if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) throw new Error('too old')
      receiver.got.push({ delivery: delivery ?? '', body: JSON.parse(body.toString('utf8')) })
    }),
  )
  receiver.url = `http://127.0.0.1:${await listening(server)}/hook`
  receiver.close = closing(server)
  return receiver
}

// --- mail ------------------------------------------------------------------------------------------------------------

export interface MailServer {
  url: string
  mails: { from: string; to: string[]; text: string }[]
  close: () => Promise<void>
}

export async function startMailServer(): Promise<MailServer> {
  const mails: MailServer['mails'] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, { envelope }, done) {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address
        const to = envelope.rcptTo.map(({ address }) => address)
        mails.push({ from, to, text: Buffer.concat(parts).toString('utf8') })
        done()
      })
    },
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as AddressInfo
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
