import { expect, test } from 'vitest'
import { hostileFields } from './hostile.ts'

test('what honest clients send has nothing hostile', () => {
  expect(hostileFields([{ type: 'stutter', labels: { team: 'cad', constructor: 'x' }, readings: { fps: 9 } }])).toEqual(
    [],
  )
  for (const body of [undefined, null, 'text', 7, true]) expect(hostileFields(body)).toEqual([])
})

test('a name that reaches the prototype is found wherever it stands, also when it was escaped', () => {
  expect(hostileFields(JSON.parse('{"__proto__": {"admin": true}}'))).toMatchObject([{ path: '__proto__' }])
  expect(hostileFields(JSON.parse('[{"labels": {"__pro\\u0074o__": "x"}}]'))).toMatchObject([
    { path: '0.labels.__proto__' },
  ])
})

test('a NUL in a name is found, its path can be printed', () => {
  expect(hostileFields({ labels: { 'a\0b': 'x' } })).toMatchObject([{ path: 'labels.a\\0b' }])
})

test('depth is found without a stack of its own', () => {
  let deep: unknown = 1
  for (let level = 0; level < 100_000; level++) deep = [deep]
  expect(hostileFields({ note: deep })).toMatchObject([{ message: 'nested deeper than 20' }])
})

test('a body of nothing but bad names is not answered with all of them', () => {
  const body = Array.from({ length: 1_000 }, (): unknown => JSON.parse('{"__proto__": 1}'))
  expect(hostileFields(body)).toHaveLength(10)
})
