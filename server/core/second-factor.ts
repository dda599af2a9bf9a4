/** Codes of an authenticator app (TOTP) and recovery codes: each works once. */
import { randomBytes } from 'node:crypto'
import { generateSecret, generateURI, verify } from 'otplib'
import { toString as drawQr } from 'qrcode'
import type { Decision } from './core.ts'
import { envelopeOf } from './envelope.ts'
import type { Ctx, Refusal } from './feature.ts'
import { sha256 } from './passwords.ts'
import { refused } from './problems.ts'
import { OperatorDocs, type OperatorDoc } from './tenants.ts'

/** One step of 30 s before and after: clocks of phones are not exact. */
const toleranceSeconds = 30
const recoveryCodes = 10

/** Time step of a right code, null for a wrong or used one. */
async function stepOf(secret: string, code: string, now: number, after: number): Promise<number | null> {
  if (!/^\d{6}$/.test(code)) return null
  const result = await verify({
    secret,
    token: code,
    epoch: Math.floor(now / 1000),
    epochTolerance: toleranceSeconds,
  })
  return result.valid && 'timeStep' in result && result.timeStep > after ? result.timeStep : null
}

/** Uses the code up: of two that come at once with the same code, the compare-and-set lets one through. */
export async function useCode(ctx: Ctx, operator: OperatorDoc, code: string): Promise<boolean> {
  const { totp } = operator
  if (!totp) return false
  const trimmed = code.replace(/[\s-]/g, '')
  if (!/^\d{6}$/.test(trimmed)) return useRecoveryCode(ctx, operator, trimmed)
  const secret = (await envelopeOf(ctx.core.config)).open(totp.sealed, operator._id)
  const step = await stepOf(secret, trimmed, ctx.core.clock.now(), totp.step)
  if (step === null) return false
  return changed(ctx, operator, (doc) => {
    if (!doc.totp || doc.totp.sealed !== totp.sealed || doc.totp.step >= step) return refused('auth.second-factor')
    return { next: { ...doc, totp: { ...doc.totp, step } } }
  })
}

async function useRecoveryCode(ctx: Ctx, operator: OperatorDoc, code: string): Promise<boolean> {
  const hash = sha256(code.toLowerCase())
  if (!operator.recovery.includes(hash)) return false
  return changed(ctx, operator, (doc) => {
    if (!doc.recovery.includes(hash)) return refused('auth.second-factor')
    return { next: { ...doc, recovery: doc.recovery.filter((one) => one !== hash) } }
  })
}

/** A new secret to scan; it counts only once a code of it was shown to work. */
export async function offerEnrolment(ctx: Ctx, operator: OperatorDoc) {
  const secret = generateSecret()
  const totpPending = (await envelopeOf(ctx.core.config)).seal(secret, operator._id)
  const offered = await changed(ctx, operator, (doc) =>
    doc.totp ? refused('state.conflict', { params: { state: 'on' } }) : { next: { ...doc, totpPending } },
  )
  if (!offered) return refused('state.conflict', { params: { state: 'on' } })
  const uri = generateURI({ issuer: 'Deskwatch', label: operator.username, secret })
  return { secret, uri, qr: await drawQr(uri, { type: 'svg', margin: 1 }) }
}

/** Turns the second factor on; the recovery codes are shown this once. */
export async function confirmEnrolment(
  ctx: Ctx,
  operator: OperatorDoc,
  code: string,
): Promise<{ recoveryCodes: string[] } | Refusal> {
  const { totpPending } = operator
  if (operator.totp || !totpPending)
    return refused('state.conflict', { params: { state: operator.totp ? 'on' : 'off' } })
  const secret = (await envelopeOf(ctx.core.config)).open(totpPending, operator._id)
  const step = await stepOf(secret, code.replace(/\s/g, ''), ctx.core.clock.now(), -1)
  if (step === null) return refused('auth.second-factor', { params: { wrong: true } })
  const codes = Array.from({ length: recoveryCodes }, () => randomBytes(10).toString('hex'))
  const on = await changed(ctx, operator, (doc) => {
    if (doc.totpPending !== totpPending) return refused('state.conflict', { params: { state: 'off' } })
    return { next: { ...doc, totpPending: null, totp: { sealed: totpPending, step }, recovery: codes.map(sha256) } }
  })
  if (!on) return refused('state.conflict', { params: { state: 'off' } })
  return { recoveryCodes: codes.map((one) => one.replace(/(.{5})(?=.)/g, '$1-')) }
}

async function changed(
  ctx: Ctx,
  operator: OperatorDoc,
  decide: (doc: OperatorDoc) => Decision<OperatorDoc>,
): Promise<boolean> {
  const [result] = await ctx.core.changes.each(ctx, OperatorDocs, [operator._id], decide)
  return result?.ok ?? false
}
