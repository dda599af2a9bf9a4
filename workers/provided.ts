/** Acts of providers as steps of orders: named so that each is done once, their progress the step's. */
import { patiently } from '../server/fleet/patient.ts'
import type { Long, Progress } from '../server/fleet/provider.ts'
import { StepError, type Run } from './steps.ts'

/** `step` tells several acts of one order apart. */
export function provided<T>(run: Run<unknown>, step: string, act: (long: Long) => Promise<T>): Promise<T> {
  const { number, tenant, attempt } = run.order
  const op = `${tenant}:${number}:${attempt}:${step}`
  return patiently({ op, signal: run.signal, onProgress: (progress) => tell(run, progress) }, act)
}

/** What the desktop really is, before its disk is touched. */
export async function settledPower(run: Run<unknown>, provider: string, desktop: string): Promise<'off' | 'running'> {
  const { power } = await run.provider(provider).probe(desktop)
  run.log(`${desktop} is ${power}`)
  if (power === 'off' || power === 'running') return power
  throw new StepError('provider.state', `the desktop is ${power}: neither off nor running`)
}

function tell(run: Run<unknown>, { part, bytesDone, bytesTotal }: Progress): void {
  if (bytesDone !== undefined && bytesTotal !== undefined) run.progress(bytesDone, bytesTotal)
  else if (part !== null) run.progress(part, 1, 'parts')
}

/** Acts that cannot tell how far they are end by the provider's own limit, two minutes, and a patient beginning. */
export const quickQuietMs = 170_000
