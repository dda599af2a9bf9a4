import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OrderState, OrderVerb } from '#contract/work-orders'
import type { Problem } from '#wire'
import type { Client } from '../support/client.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { act, orderPath, plantOrders, readOrder } from '../support/orders.ts'

let deskwatch: Deskwatch
let operator: Client
const chinese = { 'Accept-Language': 'zh-CN' }

beforeAll(async () => {
  deskwatch = await startDeskwatch()
  operator = await deskwatch.signIn('operator@acme')
})
afterAll(async () => {
  const faults = deskwatch?.faults()
  await deskwatch?.stop()
  expect(faults).toEqual([])
})

const states: OrderState[] = ['scheduled', 'paused', 'running', 'succeeded', 'failed', 'cancelled']
const names: Record<OrderState, string> = {
  scheduled: '待调度',
  paused: '已暂停',
  running: '执行中',
  succeeded: '已完成',
  failed: '失败',
  cancelled: '已取消',
}
const verbs: Record<OrderVerb, { word: string; to: Partial<Record<OrderState, OrderState>> }> = {
  pause: { word: '暂停', to: { scheduled: 'paused' } },
  resume: { word: '恢复', to: { paused: 'scheduled' } },
  cancel: { word: '取消', to: { scheduled: 'cancelled', paused: 'cancelled', running: 'cancelled' } },
  're-execute': { word: '重新执行', to: { failed: 'scheduled' } },
}
const cells = Object.entries(verbs).flatMap(([verb, { word, to }]) =>
  states.map((state) => ({ verb, word, state, to: to[state] })),
)

test('every state answers every act, one by one, as the table says', async () => {
  const ids = await plantOrders(
    deskwatch,
    cells.map(({ state }) => ({ state })),
  )
  for (const [index, { verb, state, to }] of cells.entries()) {
    const id = ids[index] ?? ''
    const answer = await act(operator, id, verb, chinese)
    const cell = `${state} × ${verb}`
    expect(answer.status, cell).toBe(to ? 200 : 409)
    expect((await readOrder(operator, id)).state, cell).toBe(to ?? state)
    if (to) continue
    const problem = answer.as<Problem>()
    expect(problem, cell).toMatchObject({ code: 'work-order.state', params: { state }, current: { id, state } })
    expect(problem.detail).toBe(`任务工单施工结果为【${names[state]}】，不可进行操作`)
  }
})

test('every state answers every act in a batch as the table says, and one wrong one leaves all as they were', async () => {
  const right = Object.values(verbs).map(({ to }) => states.filter((state) => to[state] !== undefined))
  const groups = cells.map(({ verb, state }) => {
    const index = Object.keys(verbs).indexOf(verb)
    return [...(right[index] ?? []), state]
  })
  const ids = await plantOrders(
    deskwatch,
    groups.flat().map((state) => ({ state })),
  )
  let at = 0
  for (const [index, { verb, word, state, to }] of cells.entries()) {
    const group = groups[index] ?? []
    const chosen = ids.slice(at, (at += group.length))
    const answer = await operator.post(`/work-orders/actions/${verb}`, { ids: chosen }, chinese)
    const now = await Promise.all(chosen.map(async (id) => (await readOrder(operator, id)).state))
    const cell = `${state} × batch ${verb}`
    if (to) {
      expect(answer.status, cell).toBe(200)
      expect(answer.as<{ results: { ok: boolean }[] }>().results.every(({ ok }) => ok)).toBe(true)
      expect(now, cell).toEqual(group.map((one) => cells.find((c) => c.verb === verb && c.state === one)?.to))
      continue
    }
    expect(answer.status, cell).toBe(409)
    expect(now, cell).toEqual(group)
    const problem = answer.as<Problem>()
    expect(problem.detail).toBe(`存在"${names[state]}"的工单，不允许执行【批量${word}】操作`)
    expect(problem).toMatchObject({
      code: 'work-order.batch',
      params: { state, verb, offenders: [{ id: chosen.at(-1), state }] },
    })
  }
})

test('the two sentences of the manual are exact, and completed is named first among the offenders', async () => {
  const ids = await plantOrders(deskwatch, [{ state: 'cancelled' }, { state: 'running' }, { state: 'succeeded' }])
  const single = await act(operator, ids[2] ?? '', 'pause', chinese)
  expect(single.as<Problem>().detail).toBe('任务工单施工结果为【已完成】，不可进行操作')
  for (const [verb, sentence] of [
    ['pause', '存在"已完成"的工单，不允许执行【批量暂停】操作'],
    ['resume', '存在"已完成"的工单，不允许执行【批量恢复】操作'],
  ]) {
    const problem = (await operator.post(`/work-orders/actions/${verb}`, { ids }, chinese)).as<Problem>()
    expect(problem.detail).toBe(sentence)
    expect(problem.params?.['offenders']).toMatchObject([
      { state: 'succeeded' },
      { state: 'running' },
      { state: 'cancelled' },
    ])
  }
  const english = await act(operator, ids[2] ?? '', 'pause', { 'Accept-Language': 'en' })
  expect(english.as<Problem>().detail).toBe('The work order is completed: this cannot be done with it')
})

test('a batch with a foreign or an unknown order changes nothing and tells neither apart', async () => {
  const [own = ''] = await plantOrders(deskwatch, [{}])
  const [foreign = ''] = await plantOrders(deskwatch, [{ tenant: 'globex' }])
  const answers = []
  for (const other of [foreign, 'acme:WO-nothing']) {
    const answer = await operator.post('/work-orders/actions/pause', { ids: [own, other] })
    expect(answer.status).toBe(404)
    const { trace: _trace, params: _params, ...rest } = answer.as<Problem>()
    answers.push(rest)
    expect((await operator.get(orderPath(other))).status).toBe(404)
    expect((await act(operator, other, 'pause')).status).toBe(404)
  }
  expect(answers[0]).toEqual(answers[1])
  expect((await readOrder(operator, own)).state).toBe('scheduled')
})

test('two operators at once, one by one and in batches: exactly one wins, the other is told how it stands', async () => {
  const second = await deskwatch.signIn('operator2@acme')
  for (let round = 0; round < 8; round++) {
    const ids = await plantOrders(deskwatch, [{}, {}, {}, {}])
    const [one, ...batch] = ids
    const single = await Promise.all([operator, second].map((who) => act(who, one ?? '', 'pause')))
    expect(single.map(({ status }) => status).sort()).toEqual([200, 409])
    const both = await Promise.all([
      operator.post('/work-orders/actions/pause', { ids: batch }),
      second.post('/work-orders/actions/cancel', { ids: batch.toReversed() }),
    ])
    const [paused, cancelled] = both.map(({ status }) => status)
    const now = await Promise.all(batch.map(async (id) => (await readOrder(operator, id)).state))
    // Whoever pauses first may be cancelled after it; whoever cancels first leaves nothing to pause.
    expect(cancelled).toBe(200)
    expect(new Set(now)).toEqual(new Set(['cancelled']))
    expect([200, 409]).toContain(paused)
  }
})

test('a viewer reads and sees no people, an auditor reads, neither acts', async () => {
  const [id = ''] = await plantOrders(deskwatch, [{}])
  for (const [who, createdBy] of [
    ['viewer', null],
    ['auditor', 'Ann'],
  ] as const) {
    const client = await deskwatch.signIn(`${who}@acme`)
    expect((await client.get(orderPath(id))).body).toMatchObject({ createdBy })
    expect((await act(client, id, 'pause')).status).toBe(403)
    expect((await client.post('/work-orders/actions/pause', { ids: [id] })).status).toBe(403)
  }
})

test('the list filters by type, state, target, time and who', async () => {
  const at = Date.UTC(2026, 0, 5)
  const subject = { noun: 'desktops', id: 'acme:pc-77', name: 'PC-77' }
  const [id = ''] = await plantOrders(deskwatch, [
    { subject, createdAt: at, createdBy: 'Berta', state: 'failed', error: { code: 'x', step: 'make', message: 'm' } },
  ])
  const found = async (query: string) =>
    (await operator.get(`/work-orders?limit=500&${query}`)).as<{ items: { id: string }[]; total: number }>()
  for (const query of ['target=pc-7', 'subject=acme:pc-77', 'who=bert', `from=${at - 1}&to=${at + 1}`, 'text=PC-77'])
    expect(
      (await found(query)).items.map((row) => row.id),
      query,
    ).toEqual([id])
  expect((await found('state=failed&type=disk-check')).items.some((row) => row.id === id)).toBe(true)
  expect((await found('type=nothing')).total).toBe(0)
})

test('the queue page is for platform administrators only', async () => {
  const platform = await deskwatch.signIn('admin@platform')
  const open = (client: Client | null) =>
    fetch(`${deskwatch.origin}/admin/queues`, client?.cookie ? { headers: { Cookie: client.cookie } } : {})
  expect((await open(null)).status).toBe(401)
  expect((await open(await deskwatch.signIn('admin@acme'))).status).toBe(403)
  const page = await open(platform)
  expect(page.status).toBe(200)
  const html = await page.text()
  expect(html).toContain('Deskwatch')
  expect(html).not.toContain('googleapis')
  const api = await fetch(`${deskwatch.origin}/admin/queues/api/queues`, { headers: { Cookie: platform.cookie ?? '' } })
  expect(await api.json()).toMatchObject({ queues: [{ name: 'deskwatch', readOnlyMode: true }] })
})
