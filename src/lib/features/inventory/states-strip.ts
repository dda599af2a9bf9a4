import { runStates, type RunState } from '#contract/inventory'

/** Those that stand are always counted; those that pass by, while there are any. */
const standing: readonly RunState[] = ['online', 'offline', 'off', 'error']

export const countedStates = (counts: Partial<Record<string, number>>): readonly RunState[] => [
  ...standing,
  ...runStates.filter((state) => !standing.includes(state) && (counts[state] ?? 0) > 0),
]
