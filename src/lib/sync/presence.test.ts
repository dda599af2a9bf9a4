import { expect, test } from 'vitest'
import { namesOf, peopleIn } from './presence.ts'

const entry = (operator: string, item: string | null, act = 'looking', name = operator) => ({
  operator,
  name,
  item,
  act,
})

test('several tabs of one person count once, and as writing when one of them writes', () => {
  const values = {
    presence: {
      s1: entry('li.na', 'a'),
      s2: entry('li.na', 'a', 'editing'),
      s3: entry('li.na', 'b'),
      s4: entry('wang.lei', 'a'),
      s5: entry('wang.lei.2', null, 'looking', 'wang.lei'),
      s6: 'nonsense',
    },
  }
  const people = peopleIn(values)
  expect(people.map(({ operator, item, act }) => [operator, item, act])).toEqual([
    ['li.na', 'a', 'editing'],
    ['li.na', 'b', 'looking'],
    ['wang.lei', 'a', 'looking'],
    ['wang.lei.2', null, 'looking'],
  ])
  expect(namesOf(people)).toEqual(['li.na', 'wang.lei', 'wang.lei'])
  expect(peopleIn({})).toEqual([])
})
