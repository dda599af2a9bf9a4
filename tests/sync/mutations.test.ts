import { afterAll, describe, expect, it } from 'vitest'
import { Violation } from './simulation/invariants.ts'
import { mutations } from './simulation/rules.ts'
import { emptyStatistics, runSchedule } from './simulation/world.ts'

/** A rule broken on purpose must be noticed within so many schedules. */
const most = 12_000
const table: string[] = []

function firstViolation(name: string, faults: readonly string[]): Violation | null {
  for (let seed = 1; seed <= most; seed++) {
    try {
      runSchedule(seed, emptyStatistics(), name, faults)
    } catch (error) {
      if (error instanceof Violation) return error
      throw error
    }
  }
  return null
}

describe('each rule broken on purpose makes an invariant fail', () => {
  it.each(mutations)('$name: $what', { timeout: 120_000 }, ({ name, what, faults = [] }) => {
    const violation = firstViolation(name, faults)
    expect(violation, `not noticed in ${most} schedules`).not.toBeNull()
    if (!violation) return
    table.push(`| ${name.split(' ')[0]} | ${what} | ${violation.seed} | ${violation.invariant} |`)
    // The same schedule with the whole rule is fine: it was the mutation that failed.
    expect(() => runSchedule(violation.seed, emptyStatistics(), null, faults)).not.toThrow()
  })

  afterAll(() => {
    console.info(
      ['| rule | mutation | seed | first failing invariant |', '| --- | --- | --- | --- |', ...table].join('\n'),
    )
  })
})
