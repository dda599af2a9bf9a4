/** What people keep of a list: files of what is filtered, views under a name, runbooks by type of alarm. */
import { buffer } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import exceljs from 'exceljs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AlarmRow } from '#contract/alarms'
import { must } from '../../server/core/must.ts'
import { Client } from '../support/client.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { until } from '../support/until.ts'

let deskwatch: Deskwatch
let sender: Client
let operator: Client
let second: Client
let viewer: Client
let admin: Client

beforeAll(async () => {
  deskwatch = await startDeskwatch()
  sender = Client.withToken(deskwatch.origin, await deskwatch.token('alarms:write'))
  ;[operator, second, viewer, admin] = await Promise.all([
    deskwatch.signIn('operator@acme'),
    deskwatch.signIn('operator2@acme'),
    deskwatch.signIn('viewer@acme'),
    deskwatch.signIn('admin@acme'),
  ])
})
afterAll(async () => {
  const faults = deskwatch?.faults()
  await deskwatch?.stop()
  expect(faults).toEqual([])
})

interface Listed<T> {
  items: T[]
  total: number
}
interface View {
  id: string
  name: string
  owner: string | null
  shared: boolean
}
const alarm = async (desktop: string) =>
  must((await operator.get(`/alarms?desktop=${desktop}`)).as<Listed<AlarmRow>>().items[0], `${desktop} stands`)
async function raise(desktop: string, more: object = {}): Promise<AlarmRow> {
  await sender.post('/alarms', { type: 'stutter', severity: 'high', desktop, ...more })
  await until(
    `${desktop} stands`,
    async () => (await operator.get(`/alarms?desktop=${desktop}`)).as<Listed<AlarmRow>>().total === 1,
  )
  return alarm(desktop)
}
const file = async (query: string, client = operator, language = 'en') => {
  const answer = await client.raw(`/alarms/export?${query}`, { headers: { 'Accept-Language': language } })
  return { answer, text: await answer.clone().text() }
}
async function sheetOf(query: string): Promise<unknown[][]> {
  const { answer } = await file(query)
  const book = new exceljs.Workbook()
  await book.xlsx.read(Readable.from([await buffer(must(answer.body, 'a file has a body'))]))
  const rows: unknown[][] = []
  must(book.worksheets[0], 'one sheet').eachRow((row) => {
    const cells: unknown[] = []
    row.eachCell({ includeEmpty: true }, ({ value }) => cells.push(value))
    rows.push(cells)
  })
  return rows
}

test('what is filtered is taken away as CSV that a spreadsheet reads and cannot be tricked by', async () => {
  await raise('FILE-1', {
    user: 'li.na',
    summary: '=HYPERLINK("http://evil.example","x"),\n"quoted"',
    business: '研发',
  })
  await raise('FILE-2', { severity: 'low' })
  await raise('OTHER-1')
  const { answer, text } = await file('desktop=FILE&sort=desktop')
  expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8')
  expect(answer.headers.get('content-disposition')).toBe('attachment; filename="alarms-acme.csv"')
  // `text()` takes the mark away, so the bytes are asked.
  expect([...(await buffer(must((await file('desktop=FILE')).answer.body, 'body'))).subarray(0, 3)]).toEqual([
    0xef, 0xbb, 0xbf,
  ])
  const [head, ...lines] = text.split('\r\n')
  expect(head).toMatch(/Alarm,Severity,State,Type,Desktop,Host,User account/)
  expect(lines.join('\r\n')).toContain(`li.na,研发,,,"'=HYPERLINK(""http://evil.example"",""x""),\n""quoted""",1,1,`)
  expect(text).not.toContain('OTHER-1')
  expect(lines.filter((line) => line.includes('FILE-2'))).toHaveLength(1)
  expect((await file('desktop=FILE', operator, 'zh-CN')).text).toContain('告警编号,级别,状态,类型,桌面名称')
  expect((await file('desktop=FILE', viewer)).text).not.toContain('li.na')
  expect((await file('', await deskwatch.signIn('operator@globex'))).text.trim().split('\r\n')).toHaveLength(1)
})

test('the same as a sheet, with moments as moments and text as text; who took it stands in the trail', async () => {
  const [head, first] = await sheetOf('desktop=FILE-1&format=xlsx')
  expect(head).toContain('Raised (UTC)')
  expect(first).toContain('=HYPERLINK("http://evil.example","x"),\n"quoted"')
  expect(first?.some((cell) => cell instanceof Date)).toBe(true)
  const trail = async () => (await admin.get('/audit-events?verb=export')).as<Listed<unknown>>().items
  await until('the trail tells of it', async () => (await trail()).length > 0)
  expect((await trail())[0]).toMatchObject({ noun: 'alarms', after: { format: 'xlsx', desktop: 'FILE-1' } })
})

test('finished episodes are taken away too; a wrong question is answered before a file begins', async () => {
  const { id } = await alarm('FILE-2')
  await operator.post(`/alarms/${id}/actions/acknowledge`, {})
  await sender.post('/alarms', { type: 'stutter', severity: 'low', desktop: 'FILE-2', status: 'cleared' })
  await until('it is in the history', async () => (await file('history=1&desktop=FILE')).text.includes('FILE-2'))
  expect((await file('desktop=FILE')).text).not.toContain('FILE-2')
  for (const [query, path] of [
    ['format=pdf', 'format'],
    ['sort=constructor', 'sort'],
    ['severity=purple', 'severity.0'],
  ])
    expect((await operator.get(`/alarms/export?${query}`)).body, query).toMatchObject({ errors: [{ path }] })
  expect((await new Client(deskwatch.origin).get('/alarms/export')).status).toBe(401)
})

test('a view is its owner’s until he shares it; a name is taken once a list; an administrator may take a shared one away', async () => {
  const mine = { name: '夜班', list: 'alarms', query: 'severity=critical&state=unacknowledged' }
  const made = await operator.post('/saved-views', mine)
  expect([made.status, made.body]).toMatchObject([201, { ...mine, shared: false, owner: '李娜 Li Na' }])
  const { id } = made.as<View>()
  const path = `/saved-views/${encodeURIComponent(id)}`
  const seenBy = async (client: Client) => (await client.get('/saved-views?list=alarms')).as<Listed<View>>().items
  expect(await seenBy(second)).toEqual([])
  for (const answer of [
    await second.get(path),
    await second.request('PUT', path, mine),
    await admin.delete(path),
    await (await deskwatch.signIn('admin@globex')).delete(path),
  ])
    expect([answer.status, answer.body]).toMatchObject([404, { code: 'request.not-found' }])
  expect((await operator.post('/saved-views', mine)).body).toMatchObject({ code: 'name.taken' })
  expect((await second.post('/saved-views', mine)).status).toBe(201)
  expect((await operator.request('PUT', path, { ...mine, shared: true })).body).toMatchObject({ shared: true })
  expect((await seenBy(viewer)).map(({ name, owner }) => [name, owner])).toEqual([['夜班', null]])
  expect((await second.request('PUT', path, mine)).status).toBe(403)
  expect((await second.delete(path)).status).toBe(403)
  expect((await viewer.post('/saved-views', mine)).status).toBe(403)
  expect((await admin.delete(path)).status).toBe(204)
  expect((await operator.get(path)).status).toBe(404)
  for (const [body, at] of [
    [{ ...mine, query: '?a=b' }, 'query'],
    [{ ...mine, list: 'Alarms' }, 'list'],
    [{ ...mine, name: ' ' }, 'name'],
    [{ ...mine, owner: 'x' }, 'owner'],
  ] as const)
    expect((await operator.post('/saved-views', body)).body).toMatchObject({ errors: [{ path: at }] })
})

test('a runbook of the tenant stands at every alarm of its type whose sender named none', async () => {
  const own = await raise('BOOK-1', { runbook: 'https://sender.example/stutter' })
  const bare = await raise('BOOK-2')
  expect(bare.runbook).toBeNull()
  const book = { type: 'stutter', title: '卡顿处理', url: 'https://wiki.example/stutter' }
  expect((await operator.request('PUT', '/runbooks', book)).status).toBe(403)
  const set = await admin.request('PUT', '/runbooks', book)
  expect([set.status, set.body]).toMatchObject([200, book])
  expect((await alarm('BOOK-2')).runbook).toBe(book.url)
  expect((await alarm('BOOK-1')).runbook).toBe(own.runbook)
  expect((await raise('BOOK-3')).runbook).toBe(book.url)
  await admin.request('PUT', '/runbooks', { ...book, url: 'https://wiki.example/new' })
  expect((await alarm('BOOK-2')).runbook).toBe('https://wiki.example/new')
  expect((await operator.get('/runbooks')).body).toMatchObject({ total: 1, items: [{ title: '卡顿处理' }] })
  expect((await admin.request('PUT', '/runbooks', { ...book, url: 'javascript:alert(1)' })).status).toBe(400)
  const path = `/runbooks/${encodeURIComponent(set.as<{ id: string }>().id)}`
  expect((await (await deskwatch.signIn('admin@globex')).delete(path)).status).toBe(404)
  expect((await admin.delete(path)).status).toBe(204)
  expect((await alarm('BOOK-3')).runbook).toBeNull()
})
