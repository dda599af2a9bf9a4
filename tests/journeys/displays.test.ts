/** Screens on walls: they come in by a link, see what a wall needs and nothing else, and go when they are sent away. */
import type { Socket } from 'socket.io-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Frame, SubAnswer, SocketRefusal } from '#wire'
import { usualSettings, type DisplayRow, type OwnDisplay } from '#contract/displays'
import { must } from '../../server/core/must.ts'
import { connectConsole, connected, WatchingConsole } from '../support/console.ts'
import { Client } from '../support/client.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { until } from '../support/until.ts'

let deskwatch: Deskwatch
let admin: Client
const sockets: Socket[] = []

beforeAll(async () => {
  deskwatch = await startDeskwatch()
  admin = await deskwatch.signIn('admin@acme')
})
afterAll(async () => {
  for (const socket of sockets) socket.close()
  const faults = deskwatch?.faults()
  await deskwatch?.stop()
  expect(faults).toEqual([])
})

const make = async (name: string) => {
  const answer = await admin.post('/displays', { name, settings: usualSettings })
  expect(answer.status).toBe(201)
  return answer.as<DisplayRow>()
}
const pathOf = ({ id }: Pick<DisplayRow, 'id'>) => `/displays/${encodeURIComponent(id)}`
const linkOf = async (display: DisplayRow) => {
  const answer = await admin.post(`${pathOf(display)}/actions/make-link`, {})
  return must(answer.as<{ link: string | null }>().link, 'the first answer shows it')
}
const open = async (link: string) => {
  const screen = new Client(deskwatch.origin)
  const answer = await screen.post('/displays/actions/open-link', { link })
  return { screen, answer }
}
const rowOf = async (display: DisplayRow) => (await admin.get(pathOf(display))).as<DisplayRow>()
const socketOf = async (client: Client) => {
  const socket = connectConsole(deskwatch.origin, client, { protocol: 1, surface: 'wall' })
  sockets.push(socket)
  await connected(socket)
  return socket
}
const sub = (socket: Socket, view: string): Promise<SubAnswer | SocketRefusal> =>
  socket.timeout(5_000).emitWithAck('sub', { view, cursor: null })

test('a link signs one screen in, once; neither a wrong one nor one of another tenant opens anything', async () => {
  const display = await make('NOC left')
  expect(display.state).toBe('out')
  const link = await linkOf(display)
  expect((await rowOf(display)).state).toBe('waiting')
  const { screen, answer } = await open(link)
  expect(answer.status).toBe(200)
  expect(answer.as<OwnDisplay>()).toMatchObject({ role: 'viewer', operator: { name: 'NOC left' } })
  expect(answer.headers.get('set-cookie')).toMatch(/HttpOnly/i)
  expect((await screen.get('/displays/own')).as<OwnDisplay>().settings).toEqual(usualSettings)
  expect((await rowOf(display)).state).toBe('in')

  const wrong = [link.slice(0, -3) + 'AAA', link.replace('acme.', 'globex.'), 'acme.nothing-here.nothing', 'x', '']
  for (const other of wrong) expect([400, 403]).toContain((await open(other)).answer.status)
  const stored = JSON.stringify(await deskwatch.house.core.db.collection('displays').find({}).toArray())
  expect(stored).not.toContain(must(link.split('.')[2], 'the secret of the link'))
  expect(stored).not.toContain(must(screen.cookie?.split('.')[3], 'the secret of the cookie'))
  const trail = async () => JSON.stringify((await admin.get('/audit-events?noun=displays')).body)
  await until('the trail tells who came in', async () => (await trail()).includes('open-link'))
  expect(await trail()).not.toContain('credential')
})

test('a screen holds the views of a wall, masked, and reads nothing else, by socket or by HTTP', async () => {
  const { screen } = await open(await linkOf(await make('NOC right')))
  const sender = Client.withToken(deskwatch.origin, await deskwatch.token('alarms:write'))
  await sender.post('/alarms', { type: 'stutter', severity: 'critical', desktop: 'ACME-1', host: 'h-1', user: 'zhang' })
  const socket = await socketOf(screen)
  for (const view of ['alarms', 'hosts', 'work-orders', 'own-display'])
    expect(await sub(socket, view), view).toMatchObject({ kind: 'snapshot' })
  for (const view of ['desktops', 'operators', 'displays', 'runbooks', 'tokens'])
    expect(await sub(socket, view), view).toMatchObject({ code: 'auth.forbidden' })
  await until('its alarm is there without people', async () => {
    const answer = (await sub(socket, 'alarms')) as SubAnswer
    return answer.rows.some(([, , row]) => JSON.stringify(row).includes('"user":null'))
  })
  await until('the host with an alarm is told', async () => {
    const { k } = (await sub(socket, 'hosts')) as SubAnswer
    return JSON.stringify(k['alarms']) === '[["h-1","critical",1]]'
  })
  for (const path of [
    '/alarms',
    '/alarms/export?format=csv',
    '/desktops',
    '/session',
    '/audit-events',
    '/displays',
    '/operators',
  ])
    expect((await screen.get(path)).status, path).toBe(403)
  expect((await screen.post('/alarms/actions/acknowledge', { ids: ['acme:1'] })).status).toBe(403)
})

test('a changed setting is on its screen at once, and what the screen says of itself is in the list', async () => {
  const display = await make('NOC middle')
  const { screen } = await open(await linkOf(display))
  const socket = await socketOf(screen)
  const frames: Frame[] = []
  socket.on('f', (frame: Frame) => frames.push(frame))
  await sub(socket, 'own-display')
  const settings = { ...usualSettings, pages: ['capacity'], theme: 'light' }
  expect((await admin.request('PUT', pathOf(display), { name: 'NOC middle', settings })).status).toBe(200)
  await until('it is told', () => JSON.stringify(frames).includes('"theme":"light"'))

  const list = await socketOf(admin)
  const seen = async () => ((await sub(list, 'displays')) as SubAnswer).k[`seen:${display.id}`]
  const sign = { page: 'capacity', build: 'first', sound: 'blocked' }
  expect((await screen.post('/displays/own/signs', sign)).status).toBe(204)
  await until('the list tells it', async () => JSON.stringify(await seen()).includes('"sound":"blocked"'))
  await until('it is written', async () => (await rowOf(display)).build === 'first')
  expect((await screen.post('/displays/own/signs', { ...sign, page: 'all' })).status).toBe(400)
  expect((await admin.post('/displays/own/signs', sign)).status).toBe(403)
})

test('a screen that is sent away goes within five seconds and does not come back', async () => {
  const display = await make('NOC back')
  const { screen } = await open(await linkOf(display))
  const console = await WatchingConsole.open(deskwatch.origin, screen)
  sockets.push(console.socket)
  expect((await admin.post(`${pathOf(display)}/actions/send-away`, {})).status).toBe(200)
  await until('its socket is ended', () => console.events.includes('disconnect'), 5)
  expect(console.events).toEqual(expect.arrayContaining(['revoke', 'bye']))
  expect((await screen.get('/displays/own')).status).toBe(401)
  expect((await rowOf(display)).state).toBe('out')
})

test('a new link leaves the screen in until it is opened; then the new screen is the display', async () => {
  const display = await make('NOC moved')
  const first = await open(await linkOf(display))
  const link = await linkOf(display)
  expect((await first.screen.get('/displays/own')).status).toBe(200)
  const second = await open(link)
  expect((await second.screen.get('/displays/own')).status).toBe(200)
  expect((await first.screen.get('/displays/own')).status).toBe(401)
  // Its answer may have been lost: the same screen asks again.
  const again = await open(link)
  expect((await again.screen.get('/displays/own')).status).toBe(200)
  expect((await second.screen.get('/displays/own')).status).toBe(401)
})

test('in a browser in which somebody is signed in a link asks first, then signs him out', async () => {
  const link = await linkOf(await make('NOC desk'))
  const operator = await deskwatch.signIn('operator@acme')
  const before = new Client(deskwatch.origin, operator.cookie)
  const asked = await operator.post('/displays/actions/open-link', { link })
  expect(asked).toMatchObject({ status: 409, body: { code: 'display.signed-in' } })
  expect((await operator.post('/displays/actions/open-link', { link, replace: true })).status).toBe(200)
  expect((await operator.get('/displays/own')).status).toBe(200)
  expect((await before.get('/session')).status).toBe(401)
})

test('after the server was killed and started anew the screen is still in', async () => {
  const { screen } = await open(await linkOf(await make('NOC stays')))
  await deskwatch.nodes[0]?.kill()
  await deskwatch.restart()
  await until('it is answered', async () => (await screen.get('/displays/own')).status === 200, 30)
  admin = await deskwatch.signIn('admin@acme')
})
