/** The parts of answers that these pages go on with. */
import * as z from 'zod/mini'
import { Severity } from '#contract/alarms'
import { chosenKinds } from './choices.ts'

const Rule = z.object({
  on: z.boolean(),
  kinds: z.array(z.enum(chosenKinds)),
  severities: z.array(Severity),
})
export const Preferences = z.object({
  address: z.nullable(z.string()),
  push: Rule,
  email: Rule,
  quiet: z.nullable(z.object({ from: z.string(), to: z.string(), zone: z.string(), exceptCritical: z.boolean() })),
  perMinute: z.number(),
})
export type Preferences = z.infer<typeof Preferences>
export const Mail = z.object({ available: z.boolean(), from: z.nullable(z.string()) })
export type Mail = z.infer<typeof Mail>
export const Tested = z.object({ event: z.string() })
export const WithSecret = z.object({ name: z.string(), secret: z.nullable(z.string()) })
export const Anything = z.unknown()
