import * as z from 'zod/mini'
import { expect, it } from 'vitest'
import { filterOf, isSet, parseQuery, toParams, without, type Field, type Questions } from './list-query.ts'

const state: Field = { key: 'state', label: () => 'State', kind: 'choice' }
const name: Field = { key: 'name', label: () => 'Name', kind: 'text' }
const time: Field = { key: 'time', label: () => 'Time', kind: 'time' }
const questions: Questions = { tabs: ['open', 'all'], sorts: ['newest', 'name'], fields: [state, name, time] }
const Filter = z.object({
  state: z.optional(z.array(z.enum(['failed', 'running']))),
  name: z.optional(z.string()),
  from: z.optional(z.number()),
})

it('the address is the question: read and written back it is the same', () => {
  const params = new URLSearchParams('state=failed,running&name=PC&from=1000&tab=all&sort=name')
  const query = parseQuery(params, questions)
  expect(query).toEqual({
    tab: 'all',
    sort: 'name',
    values: { state: ['failed', 'running'], name: 'PC', from: 1000 },
  })
  expect(parseQuery(toParams(query, questions), questions)).toEqual(query)
})

it('what nobody knows in an address is ignored, and what stands at first is not written', () => {
  const query = parseQuery(new URLSearchParams('tab=nothing&sort=none&other=1&from=when'), questions)
  expect(query).toEqual({ tab: 'open', sort: 'newest', values: {} })
  expect(toParams(query, questions).toString()).toBe('')
})

it('one filter is taken away without touching the others', () => {
  const query = parseQuery(new URLSearchParams('from=1&to=2&name=PC'), questions)
  expect(isSet(query.values, time)).toBe(true)
  expect(without(query, time).values).toEqual({ name: 'PC' })
})

it('a value that the contract refuses leaves the others in force', () => {
  expect(filterOf(Filter, { state: ['melted'], name: 'PC' })).toEqual({ name: 'PC' })
  expect(filterOf(Filter, { state: ['failed'] })).toEqual({ state: ['failed'] })
})
