/** The kinds of clients that the bench holds against a server. */
import { io, type Socket } from 'socket.io-client'
import { WebSocket } from 'ws'
import type { Cursor, Frame, Heartbeat, PageAnswer, SubAnswer, SubRequest } from '#wire'
import { ClientView } from '../../src/lib/sync/client-view.ts'
import { micros } from './statistics.ts'
import { Place } from './place.ts'
import type { Sent, Tally } from './tally.ts'
import { textOf, ThinSocket } from './thin-socket.ts'

export interface Target {
  url: string
  cookie: string
}

export interface Client {
  close: () => void
  /** Bytes the server has sent it, where that can be known. */
  bytes: () => number
  place?: Place
  model?: ClientView<Sent>
}

/** Asked of Deskwatch with each `sub`. */
export const alarms = (cursor: Cursor | null): SubRequest => ({ view: 'alarms', cursor })
const hello = { protocol: 1, surface: 'wall' }

function openSocketIo({ url, cookie }: Target): Promise<Socket> {
  const socket = io(url, {
    transports: ['websocket'],
    auth: hello,
    extraHeaders: { cookie },
    forceNew: true,
    reconnection: false,
  })
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket))
    socket.once('connect_error', reject)
  })
}

/** Both ends are ours and of one revision. */
const subscribeTo = (socket: Socket, cursor: Cursor | null): Promise<SubAnswer> =>
  socket.emitWithAck('sub', alarms(cursor))

/** A stock socket.io client that holds the room of alarms; from a cursor it is spared the snapshot. */
export async function openStock(target: Target, cursor: Cursor | null, tally: Tally): Promise<Client> {
  const socket = await openSocketIo(target)
  const place = new Place()
  const subscribe = async (from: Cursor | null) => place.answer(await subscribeTo(socket, from))
  await subscribe(cursor)
  socket.on('f', (frame: Frame) => {
    tally.take(tally.sents(frame))
    if (!place.frame(frame, tally)) void subscribe(place.cursor)
  })
  socket.on('hb', ({ heads }: Heartbeat) => {
    if (place.behind(heads)) void subscribe(place.cursor)
  })
  return { close: () => socket.disconnect(), bytes: () => 0, place }
}

/** A stock socket.io client of the plain emit server. */
export async function openPlain(target: Target, tally: Tally): Promise<Client> {
  const socket = await openSocketIo(target)
  socket.on('f', (frame: Frame) => tally.take(tally.sents(frame)))
  return { close: () => socket.disconnect(), bytes: () => 0 }
}

export async function openRaw({ url }: Target, tally: Tally): Promise<Client> {
  const socket = new WebSocket(url.replace('http', 'ws'))
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  let bytes = 0
  socket.on('message', (data: Buffer) => {
    bytes += data.length
    const frame: Frame = JSON.parse(data.toString('utf8'))
    tally.take(tally.sents(frame))
  })
  return { close: () => socket.terminate(), bytes: () => bytes }
}

/** Holds every row, as a browser's model does: snapshot, pages, frames. `onRow` hears each row that is painted. */
export async function openModel(target: Target, onRow: (row: Sent, at: number) => void): Promise<Client> {
  const socket = await openSocketIo(target)
  const model = new ClientView<Sent>({ now: () => performance.now() })
  socket.on('f', (frame: Frame) => {
    for (const id of model.frame(frame).changed) {
      const row = model.rows.get(id)
      if (row) onRow(row, micros())
    }
  })
  model.answer(await subscribeTo(socket, null))
  for (let next = model.nextPage; next; next = model.nextPage) {
    const answer: PageAnswer = await socket.emitWithAck('page', { view: 'alarms', ...next })
    model.page(next.cut, next.page, answer)
  }
  return { close: () => socket.disconnect(), bytes: () => 0, model }
}

type Decoded = { frame: Frame; sents: number[] } | { text: string }
const remembered: { payload: Buffer; decoded: Decoded }[] = []

/** Every client gets the same bytes: decoded for the first, recognised for the others. */
function decode(payload: Buffer, deflated: boolean, tally: Tally): Decoded {
  const known = remembered.find((one) => one.payload.length === payload.length && one.payload.equals(payload))
  if (known) return known.decoded
  const text = textOf(payload, deflated)
  const from = text.startsWith('42["f",') ? 7 : text.startsWith('{"r"') ? 0 : -1
  if (from < 0) return { text }
  const frame: Frame = JSON.parse(text.slice(from, from ? -1 : undefined))
  const decoded = { frame, sents: tally.sents(frame) }
  remembered.unshift({ payload: Buffer.from(payload), decoded })
  if (remembered.length > 16) remembered.pop()
  return decoded
}

export interface Opened extends Client {
  answer: SubAnswer | null
  /** Bytes read when the first answer was there, and how long it took from the connect on. */
  answeredAfter: { ms: number; bytes: number }
  closed: () => boolean
  page: (cut: string, page: number) => Promise<PageAnswer>
}

/** Speaks just enough of Engine.IO and Socket.IO; `plain` asks for nothing, `raw` is a bare websocket. */
export function openThin(
  target: Target,
  kind: 'deskwatch' | 'plain' | 'raw',
  cursor: Cursor | null,
  tally: Tally,
): Promise<Opened> {
  const place = new Place()
  const began = performance.now()
  const url = new URL(kind === 'raw' ? '/' : '/socket.io/?EIO=4&transport=websocket', target.url)
  let gone = false
  const acks = new Map<number, (body: unknown) => void>()
  let asked = 0
  return new Promise((resolve, reject) => {
    const ask = <T>(name: string, request: object): Promise<T> => {
      const id = asked++
      socket.send(`42${id}${JSON.stringify([name, request])}`)
      return new Promise<T>((done) => acks.set(id, done as (body: unknown) => void))
    }
    const resume = async () => place.answer(await ask<SubAnswer>('sub', alarms(place.cursor)))
    const opened = (answer: SubAnswer | null) => {
      if (answer) place.answer(answer)
      const answeredAfter = { ms: performance.now() - began, bytes: socket.bytesRead }
      const page = (cut: string, n: number) => ask<PageAnswer>('page', { view: 'alarms', cut, page: n })
      resolve({
        close: () => socket.close(),
        bytes: () => socket.bytesRead,
        place,
        answer,
        answeredAfter,
        closed: () => gone,
        page,
      })
    }
    const socket = new ThinSocket(
      url,
      target.cookie ? { Cookie: target.cookie } : {},
      (payload, deflated, at) => {
        const decoded = decode(payload, deflated, tally)
        if ('frame' in decoded) {
          tally.take(decoded.sents, at)
          tally.frameBytes += payload.length
          if (kind === 'deskwatch' && !place.frame(decoded.frame, tally)) void resume()
          return
        }
        const { text } = decoded
        if (text === '2') socket.send('3')
        else if (text.startsWith('42["hb",')) {
          const [, { heads }] = JSON.parse(text.slice(2)) as [string, Heartbeat]
          if (place.behind(heads)) void resume()
        } else if (text.startsWith('0')) socket.send(`40${JSON.stringify(hello)}`)
        else if (text.startsWith('40') && kind === 'plain') opened(null)
        else if (text.startsWith('40')) void ask<SubAnswer>('sub', alarms(cursor)).then(opened)
        else if (text.startsWith('44')) reject(new Error(text))
        else if (text.startsWith('43')) {
          const [, id = '', body = '[]'] = /^43(\d+)(.*)$/s.exec(text) ?? []
          acks.get(Number(id))?.((JSON.parse(body) as unknown[])[0])
          acks.delete(Number(id))
        }
      },
      () => {
        gone = true
        reject(new Error('closed by the server'))
      },
    )
    if (kind === 'raw') setTimeout(() => opened(null), 200)
  })
}
