import { expect, it } from 'vitest'
import { logLine } from './order-log.svelte.ts'

const begun = Date.parse('2026-11-23T23:59:50.000Z')

it('a line of the log has its moment, also after midnight', () => {
  expect(logLine('23:59:51.500 begun', begun)).toEqual({ at: begun + 1500, kind: 'text', text: 'begun' })
  expect(logLine('00:00:10.000 later', begun).at).toBe(begun + 20_000)
})

it('commands and warnings are told from what programs say', () => {
  expect(logLine('08:00:00.000 $ qemu-img check', begun).kind).toBe('command')
  expect(logLine('08:00:00.000 warning: 3 leaked clusters', begun).kind).toBe('warning')
  expect(logLine('… the log is cut here', begun)).toEqual({ at: null, kind: 'text', text: '… the log is cut here' })
})
