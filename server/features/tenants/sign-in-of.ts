/** One sign-in desk per house: its waiting room and counters are shared by routes and commands. */
import type { Core } from '../../core/core.ts'
import { SignIn } from '../../core/sign-in.ts'

const desks = new WeakMap<Core, SignIn>()

export function signInOf(core: Core): SignIn {
  let desk = desks.get(core)
  if (!desk) desks.set(core, (desk = new SignIn(core)))
  return desk
}
