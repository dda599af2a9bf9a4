import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { Outgoing, OutgoingRefused } from './outgoing.ts'

const closing: (() => void)[] = []
afterEach(() => closing.splice(0).forEach((close) => close()))

async function receiver(listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  return (server.address() as AddressInfo).port
}

const outgoing = (allow = '', hosts = '', answers: string[] = []) =>
  new Outgoing({ OUTGOING_ALLOW: allow, OUTGOING_HOSTS: hosts }, async () =>
    answers.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
  )
const refusalOf = async (url: string, way = outgoing()) => {
  try {
    await way.check(new URL(url))
    return null
  } catch (error) {
    if (error instanceof OutgoingRefused) return error.reason
    throw error
  }
}

describe('S-7: outgoing targets', () => {
  it('private, local, link-local, mapped and odd spellings of addresses are refused', async () => {
    const hosts = [
      '127.0.0.1',
      '10.1.2.3',
      '172.16.0.1',
      '192.168.0.1',
      '169.254.169.254',
      '100.64.0.1',
      '0.0.0.0',
      '224.0.0.1',
      '255.255.255.255',
      '2130706433',
      '0x7f.1',
      '[::1]',
      '[::]',
      '[fe80::1]',
      '[fd00::1]',
      '[::ffff:127.0.0.1]',
      '[64:ff9b::7f00:1]',
      '[2002:7f00:1::]',
    ]
    for (const host of hosts) expect(await refusalOf(`https://${host}/hook`), host).toBe('address')
    expect(await refusalOf('https://93.184.216.34/hook')).toBeNull()
  })

  it('a name is refused as soon as one of its addresses is', async () => {
    expect(await refusalOf('https://hook.example', outgoing('', '', ['93.184.216.34', '10.0.0.1']))).toBe('address')
    expect(await refusalOf('https://hook.example', outgoing('', '', ['93.184.216.34']))).toBeNull()
    expect(await refusalOf('https://hook.example', outgoing('', '', []))).toBe('unresolved')
  })

  it('what the installation allows is reachable, also without TLS; the rest of the world needs TLS', async () => {
    expect(await refusalOf('http://10.0.7.9/hook', outgoing('10.0.0.0/16'))).toBeNull()
    expect(await refusalOf('http://10.1.7.9/hook', outgoing('10.0.0.0/16'))).toBe('address')
    expect(await refusalOf('http://93.184.216.34/hook')).toBe('scheme')
    expect(await refusalOf('ftp://93.184.216.34/hook')).toBe('scheme')
  })

  it('where hosts are listed, others are not spoken to', async () => {
    const listed = outgoing('', 'hooks.example', ['93.184.216.34'])
    expect(await refusalOf('https://a.hooks.example/', listed)).toBeNull()
    expect(await refusalOf('https://evilhooks.example/', listed)).toBe('host')
  })

  it('connects to the address that was checked, whatever the name says later, and follows no redirect', async () => {
    const port = await receiver((request, response) => {
      response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(request.headers.host)
    })
    const answer = await outgoing('127.0.0.1', '', ['127.0.0.1']).send({
      url: `http://nowhere.invalid:${port}/x`,
      method: 'POST',
      headers: {},
      body: '{}',
      timeoutMs: 5_000,
    })
    expect(answer).toMatchObject({ status: 302, body: `nowhere.invalid:${port}` })
  })

  it('a receiver that never answers, or never ends, is left', async () => {
    const silent = await receiver(() => undefined)
    const target = { method: 'GET' as const, headers: {}, timeoutMs: 150 }
    const way = outgoing('127.0.0.0/8')
    await expect(way.send({ ...target, url: `http://127.0.0.1:${silent}/` })).rejects.toThrow('no answer in time')
    const endless = await receiver((_request, response) => {
      const pump = () => response.writable && response.write('x'.repeat(4_096)) && setImmediate(pump)
      response.on('drain', pump)
      pump()
    })
    const answer = await way.send({ ...target, timeoutMs: 5_000, url: `http://127.0.0.1:${endless}/` })
    expect(answer.body).toHaveLength(16 * 1024)
  })
})
