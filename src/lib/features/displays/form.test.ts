import { expect, test } from 'vitest'
import { blank, inputOf, ofRow, wrongIn } from './form.ts'

test('a blank form lacks a name and nothing else', () => {
  expect(wrongIn(inputOf(blank('en')))).toEqual(['name'])
  expect(inputOf(blank('en')).settings).toMatchObject({ language: 'en', seconds: 20, sounds: { silent: null } })
})

test('what is typed goes there and back', () => {
  const typed = { ...blank('zh-CN'), name: ' 值班室左 ', silent: true, from: '23:00', to: '06:30', volume: '35' }
  const input = inputOf(typed)
  expect(wrongIn(input)).toEqual([])
  const row = { id: 'x', state: 'out' as const, linkUntil: null, inSince: null, seenAt: null, build: null }
  expect(inputOf(ofRow({ ...row, ...input, createdBy: '', createdAt: 0 }))).toEqual(input)
})

test('fields that are wrong are named', () => {
  const typed = { ...blank('en'), name: 'a', seconds: '4', distance: '', diagonal: '1000', volume: 'x', pages: [] }
  expect(wrongIn(inputOf(typed)).sort()).toEqual(['diagonal', 'distance', 'pages', 'seconds', 'volume'])
  expect(wrongIn(inputOf({ ...blank('en'), name: 'a', silent: true, from: '' }))).toEqual(['from'])
})
