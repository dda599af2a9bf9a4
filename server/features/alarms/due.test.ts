import { expect, test } from 'vitest'
import { report } from '../../../tests/support/reports.ts'
import { Views } from '../../core/views.ts'
import { must } from '../../core/must.ts'
import { DueAlarms } from './due.ts'
import { cleared, finished, fold } from './fold.ts'
import { AlarmDocs, type AlarmDoc } from './model.ts'

function standing(views: Views, id: string, endsAt: number | null, v = 1): AlarmDoc {
  const arrival = { report: report({ endsAt }), fresh: true, batch: 1 }
  const doc = { ...must(fold(id, null, [arrival], 'n', 0), 'begins'), endsAt, v }
  views.take(AlarmDocs, doc)
  return doc
}

test('alarms whose end has passed are due, the others cost nothing', () => {
  const views = new Views()
  const due = new DueAlarms({ views })
  standing(views, 'acme:a', 10_500)
  standing(views, 'acme:b', 20_000)
  standing(views, 'acme:c', null)
  expect(due.endingBefore(10_900)).toEqual([])
  expect(due.endingBefore(11_000)).toEqual(['acme:a'])
  expect(due.endingBefore(60_000)).toEqual(['acme:a', 'acme:b'])
})

test('news moves an alarm’s time; cleared and gone ones are nobody’s business', () => {
  const views = new Views()
  const due = new DueAlarms({ views })
  const doc = standing(views, 'acme:a', 10_000)
  standing(views, 'acme:a', 30_000, 2)
  expect(due.endingBefore(20_000)).toEqual([])
  views.take(AlarmDocs, cleared({ ...doc, v: 3 }, 31_000))
  expect(due.endingBefore(99_000)).toEqual([])
})

test('an ended episode is due until it is known to be in history', () => {
  const views = new Views()
  const due = new DueAlarms({ views })
  const doc = standing(views, 'acme:a', 10_000)
  const gone = finished({ ...cleared(doc, 12_000), state: 'normal', v: 2 })
  views.take(AlarmDocs, gone)
  expect(due.ended()).toEqual(['acme:a'])
  const { ended: _ended, ...archived } = gone
  views.take(AlarmDocs, { ...archived, v: 3 })
  expect(due.ended()).toEqual([])
})
