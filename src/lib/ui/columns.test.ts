import { expect, it } from 'vitest'
import { fitting, type Column } from './columns.ts'

const column = (id: string, least: number, leaves?: number): Column => ({
  id,
  label: id,
  track: `${least}px`,
  least,
  ...(leaves ? { leaves } : {}),
})

it('columns leave in their order and the rest never do', () => {
  const all = [column('severity', 50), column('host', 80, 2), column('business', 80, 1)]
  const ids = (width: number) => fitting(all, width, 8).map((each) => each.id)
  expect(ids(300)).toEqual(['severity', 'host', 'business'])
  expect(ids(200)).toEqual(['severity', 'host'])
  expect(ids(60)).toEqual(['severity'])
})
