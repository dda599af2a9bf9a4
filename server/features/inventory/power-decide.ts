/** Power acts as pure decisions over the desktop: begun by a person, brought to an end by the owner of the clock. */
import { createHash } from 'node:crypto'
import type { PowerVerb, RunState } from './contract.ts'
import type { DesktopDoc, PowerActing } from './model.ts'

export interface Asked {
  verb: PowerVerb
  force: boolean
  by: string
  command: string
  now: number
}

export function begun(doc: DesktopDoc, { verb, force, by, command, now }: Asked): DesktopDoc {
  const op = `power:${createHash('sha256').update(`${command} ${doc._id}`).digest('hex').slice(0, 32)}`
  const act: PowerActing = { verb, forced: force, op, starting: verb === 'power-on', by, since: now }
  return { ...doc, runState: verb === 'power-on' ? 'starting' : 'stopping', act, trouble: null }
}

/** null: that act is over already, by whoever. */
export function stopped(doc: DesktopDoc, { op }: PowerActing, now: number): DesktopDoc | null {
  if (doc.act?.op !== op || doc.act.starting) return null
  const { verb, by, forced } = doc.act
  const next: DesktopDoc = { ...doc, trouble: null, stopped: { at: now, by, forced } }
  return verb === 'restart'
    ? { ...next, runState: 'starting', act: { ...doc.act, starting: true } }
    : { ...next, runState: 'off', act: null }
}

export function started(doc: DesktopDoc, { op }: PowerActing): DesktopDoc | null {
  return doc.act?.op === op ? { ...doc, runState: running(doc), act: null, trouble: null } : null
}

/** It did not come about: back to what it was, with the reason. */
export function failed(
  doc: DesktopDoc,
  { op }: PowerActing,
  { code, message }: { code: string; message: string },
  now: number,
): DesktopDoc | null {
  if (doc.act?.op !== op) return null
  const runState: RunState = doc.act.starting ? 'off' : running(doc)
  return { ...doc, runState, act: null, trouble: { code, message: message.slice(0, 500), at: now } }
}

export const running = (doc: Pick<DesktopDoc, 'agent'>): 'online' | 'offline' =>
  doc.agent?.connected ? 'online' : 'offline'
