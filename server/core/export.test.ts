import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import exceljs from 'exceljs'
import { expect, test } from 'vitest'
import { until } from '../../tests/support/until.ts'
import { writers, type Column, type Format } from './export.ts'

const columns: Column<number>[] = [
  { key: 'n', title: { en: 'Number', 'zh-CN': '编号' }, value: (n) => n },
  { key: 'text', value: (n) => `row ${n} ${Math.sin(n)} ${Math.cos(n)} ${Math.tan(n)}` },
]

/** Rows on demand, over a real socket: `pulled` says how many were asked for. */
async function download(format: Format, most: number) {
  const state = { pulled: 0, done: false }
  async function* rows() {
    for (; state.pulled < most; state.pulled++) yield state.pulled
  }
  const server = createServer((_request, response) => {
    void writers[format](response, columns, rows(), 'en').then(() => (state.done = true))
  }).listen(0)
  await once(server, 'listening')
  // `address()` of a listening TCP server.
  const { port } = server.address() as AddressInfo
  const [answer] = (await once(get({ port }), 'response')) as [IncomingMessage]
  return { answer, state, close: () => server.close() }
}

const still = async (value: () => number) => {
  let last = -1
  await until('nothing moves any more', async () => {
    const before = last
    last = value()
    await new Promise((resolve) => setTimeout(resolve, 300))
    return before === value() && last === before
  })
}

for (const format of ['csv', 'ndjson', 'xlsx'] as const) {
  test(`${format}: a reader who pauses stops the rows; one who goes away lets go`, async () => {
    const most = 2_000_000
    const { answer, state, close } = await download(format, most)
    await until('rows flow', () => state.pulled > 1_000)
    answer.pause()
    await still(() => state.pulled)
    expect(state.pulled).toBeLessThan(most / 2)
    answer.destroy()
    await until('the writer has let go', () => state.done)
    expect(state.pulled).toBeLessThan(most)
    close()
  })
}

test('a number stays a number, a text that begins like a formula is inert', async () => {
  const cells = ['=1+1', '+1', '-1', '@x', '\tx', 'a"b', 'a,b', 'line\nbreak', '研发', '']
  const text: Column<string>[] = [
    { key: 'a', value: (cell) => cell },
    { key: 'b', value: () => -1 },
    { key: 'c', value: () => null },
    { key: 'd', value: () => new Date(0) },
  ]
  const chunks: Buffer[] = []
  const server = createServer(
    (_request, response) => void writers.csv(response, text, Readable.from(cells), 'en'),
  ).listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const [answer] = (await once(get({ port }), 'response')) as [IncomingMessage]
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk)
  server.close()
  const body = Buffer.concat(chunks).toString('utf8')
  const end = ',-1,,1970-01-01T00:00:00.000Z\r\n'
  const shown = ["'=1+1", "'+1", "'-1", "'@x", "'\tx", '"a""b"', '"a,b"', '"line\nbreak"', '研发', '']
  expect(body).toBe(`\uFEFFa,b,c,d\r\n${shown.map((cell) => cell + end).join('')}`)
})

test('a sheet holds every row under its headings', async () => {
  const { answer, close } = await download('xlsx', 1_500)
  const book = new exceljs.Workbook()
  await book.xlsx.read(Readable.from([await buffer(answer)]))
  close()
  const page = book.worksheets[0]
  expect([page?.rowCount, page?.getCell('A1').value, page?.getCell('A1501').value]).toEqual([1_501, 'Number', 1_499])
})
