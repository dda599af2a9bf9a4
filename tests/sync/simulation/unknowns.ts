/** Calls of the database whose outcome may be unknown: repeated until it is known (S1, S2). */
import { unknown } from './database.ts'
import type { Node } from './node.ts'

/** A node that may have lost its lease accepts nothing: what it accepted then would be nobody's to redo. */
export function accepting(node: Node): boolean {
  return node.tail.position.e > 0 && node.world.clock.now - node.renewedAt < 5000
}

/** A record of the journal: repeated only while this node certainly holds its lease. */
export function accept<R>(node: Node, work: () => R, then: (result: R) => void): void {
  if (!accepting(node)) return node.later(200, () => accept(node, work, then))
  node.world.database.call(node, work, (result) => {
    if (result === unknown && node.world.broken !== 'S1 unknown is accepted')
      node.later(20, () => accept(node, work, then))
    else then(result as R)
  })
}

/** The work itself may happen more than once. */
export function known<R>(node: Node, work: () => R, then: (result: R) => void = () => undefined): void {
  node.world.database.call(node, work, (result) => {
    if (result === unknown) node.later(node.world.clock.between(15, 40), () => known(node, work, then))
    else then(result)
  })
}
