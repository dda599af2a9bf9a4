import { beforeEach, expect, it } from 'vitest'
import type { Column } from '../../ui/columns.ts'
import { ColumnChoice } from './column-choice.svelte.ts'

const columns: Column[] = ['severity', 'desktop', 'user', 'pool'].map((id) => {
  return { id, label: id, track: 'minmax(100px, 1fr)', least: 100 }
})
const ids = (all: readonly Column[]) => all.map(({ id }) => id)

beforeEach(() => localStorage.clear())

it('columns are chosen, ordered and widened per operator, and found again at the next visit', () => {
  const mine = new ColumnChoice('acme:li')
  expect(ids(mine.shown(columns))).toEqual(['severity', 'desktop', 'user'])
  mine.toggle('pool')
  mine.toggle('user')
  mine.move(columns, 'pool', -2)
  mine.setWidth('desktop', 'wide')
  const again = new ColumnChoice('acme:li').shown(columns)
  expect(ids(again)).toEqual(['severity', 'pool', 'desktop'])
  expect(again[2]).toMatchObject({ track: 'minmax(160px, 1fr)', least: 160 })
  expect(ids(new ColumnChoice('acme:wang').shown(columns))).toEqual(['severity', 'desktop', 'user'])
})

it('what an alarm is cannot be hidden, and nonsense in the storage is ignored', () => {
  localStorage.setItem('deskwatch.columns.acme:li', '{"hidden":3}')
  const mine = new ColumnChoice('acme:li')
  mine.toggle('severity')
  expect(ids(mine.shown(columns))).toContain('severity')
})
