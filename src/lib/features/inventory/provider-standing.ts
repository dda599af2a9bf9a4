import * as z from 'zod/mini'
import { ProviderStanding } from '#contract/inventory'

const Told = z.array(ProviderStanding)

/** How the providers are, from the last value `providers` of the desktops' room; null: not told yet. */
export function standingOf(values: Readonly<Record<string, unknown>>): readonly ProviderStanding[] | null {
  const told = Told.safeParse(values['providers'])
  return told.success ? told.data : null
}
