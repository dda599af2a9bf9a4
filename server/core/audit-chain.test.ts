import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openTestHouse, type TestHouse } from '../../tests/support/house.ts'
import { AuditChain, hashOf } from './audit-chain.ts'
import { verifyChain } from './audit-verify.ts'
import { EVENTS, eventId, HEADS, INBOX, type AuditEvent, type InboxEntry } from './audit.ts'
import { documents } from './mongo.ts'
import { must } from './must.ts'

let house: TestHouse
let tenant: string
let tenants = 0

beforeAll(async () => void (house = await openTestHouse()))
afterAll(() => house.close())
/** Each test tampers with a chain of its own. */
beforeEach(() => void (tenant = `t${++tenants}`))

const events = () => documents<AuditEvent>(house.core.db, EVENTS)
const record = (verb: string) =>
  house.core.audit.record(house.as(tenant), { verb, noun: 'things', ids: ['x'], after: { a: 1 }, result: 'ok' })
const verify = () => verifyChain(house.core.db, house.core.config, tenant)
const faults = async () => (await verify()).faults.map(({ kind, n }) => [kind, n])
const chain = () => new AuditChain(house.core)
const row = async (n: number) => must(await events().findOne({ _id: eventId(tenant, n) }), `row ${n}`)
const replace = (id: string, doc: AuditEvent) => {
  const { _id: _, ...fields } = doc
  return events().replaceOne({ _id: id }, fields)
}

async function write(count: number) {
  for (let n = 1; n <= count; n++) await record(`verb-${n}`)
  await chain().drain()
}

test('facts are chained in order and verify as sound; the head is signed outside the database', async () => {
  await write(7)
  expect(await verify()).toEqual({ tenant, entries: 7, signed: 7, waiting: 0, faults: [] })
  expect((await row(3)).prev).toBe((await row(2)).hash)
  expect(await readFile(join(house.dir, 'audit', `${tenant}.head`), 'utf8')).toContain('"signature"')
})

test('one changed byte is found at its place', async () => {
  await write(7)
  const third = await row(3)
  await replace(third._id, { ...third, verb: 'verb-x' })
  expect(await faults()).toEqual([['changed', 3]])
})

test('a row that was changed together with its hash is found by the row that follows', async () => {
  await write(7)
  const third = await row(3)
  const forged = { ...third, verb: 'verb-x' }
  await replace(third._id, { ...forged, hash: hashOf(forged) })
  expect(await faults()).toEqual([['broken-link', 4]])
})

test('the last row changed together with its hash is found by the signed head', async () => {
  await write(4)
  const forged = { ...(await row(4)), verb: 'verb-x' }
  await replace(forged._id, { ...forged, hash: hashOf(forged) })
  expect(await faults()).toEqual([['changed', 4]])
})

test('a deleted row is found at its place', async () => {
  await write(7)
  await events().deleteOne({ _id: eventId(tenant, 5) })
  expect(await faults()).toEqual([['missing', 5]])
})

test('two swapped rows are both found', async () => {
  await write(7)
  const [second, sixth] = [await row(2), await row(6)]
  await events().deleteOne({ _id: second._id })
  await events().deleteOne({ _id: sixth._id })
  await events().insertMany([
    { ...sixth, _id: second._id },
    { ...second, _id: sixth._id },
  ])
  expect(await faults()).toEqual([
    ['moved', 2],
    ['moved', 6],
  ])
})

test('a cut tail is found, also after the database’s own head went with it, and stays visible while the trail goes on', async () => {
  await write(7)
  for (const n of [6, 7]) await events().deleteOne({ _id: eventId(tenant, n) })
  await documents(house.core.db, HEADS).deleteOne({ _id: `${tenant}:head` })
  expect(await faults()).toEqual([['cut', 6]])
  await record('later')
  await chain().drain()
  expect((await row(8)).verb).toBe('later')
  expect((await verify()).faults).toEqual([{ kind: 'missing', n: 6, detail: 'rows 6 to 7 were deleted' }])
})

test('a head file without our signature is told', async () => {
  await write(2)
  const file = join(house.dir, 'audit', `${tenant}.head`)
  const head: unknown = JSON.parse(await readFile(file, 'utf8'))
  await mkdir(join(house.dir, 'audit'), { recursive: true })
  await writeFile(file, JSON.stringify(Object.assign({}, head, { n: 1 })))
  expect(await faults()).toEqual([['head-forged', 0]])
  await rm(file)
  expect(await faults()).toEqual([])
})

test('a fact that was chained before the writer died is not chained again', async () => {
  await record('once')
  const waiting = await documents<InboxEntry>(house.core.db, INBOX).find({}).toArray()
  await chain().drain()
  await documents<InboxEntry>(house.core.db, INBOX).insertMany(waiting.filter((entry) => entry.tenant === tenant))
  await chain().drain()
  expect(await verify()).toMatchObject({ entries: 1, waiting: 0, faults: [] })
})

test('two writers at once make one sound chain', async () => {
  const writers = [chain(), chain()]
  const recording = Array.from({ length: 60 }, (_, n) => record(`verb-${n}`))
  const moving = writers.map(async (writer) => {
    for (let round = 0; round < 10; round++) await writer.drain()
  })
  await Promise.all([...recording, ...moving])
  await writers[0]?.drain()
  expect(await verify()).toMatchObject({ entries: 60, waiting: 0, faults: [] })
})

test('the same fact of the same command is one entry; secrets by name never get in', async () => {
  const who = house.as(tenant)
  const fact = {
    verb: 'edit',
    noun: 'operators',
    after: { name: 'x', password: 'hunter2', nested: { apiToken: 'dwt_x' } },
    result: 'ok' as const,
  }
  await house.core.audit.record(who, fact)
  await house.core.audit.record(who, fact)
  await chain().drain()
  expect((await verify()).entries).toBe(1)
  expect((await row(1)).after).toBe('{"name":"x","nested":{"apiToken":"(hidden)"},"password":"(hidden)"}')
})
