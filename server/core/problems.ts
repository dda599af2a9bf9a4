/** Every error that leaves the server: RFC 9457 problem+json with a stable code, in the caller's language. */
import { STATUS_CODES } from 'node:http'
import * as z from 'zod/mini'
import { ErrorCode, errorCodes, type ActResult, type Problem } from '#wire'
import type { Refusal } from './feature.ts'
import { problemTexts } from './problem-texts.ts'

// The schemas are written for browsers, which bring no texts; here the message has to say what is wrong.
z.config(z.locales.en())

export type Language = 'zh-CN' | 'en'

/** Expected refusal as a value; `fail` is the same thing thrown where a value cannot travel. */
export function refused(code: ErrorCode, more: Omit<Refusal, 'refused'> = {}): Refusal {
  return { refused: code, ...more }
}

export class Failure extends Error {
  readonly refusal: Refusal
  /** Seconds for Retry-After. */
  readonly retryAfter: number | undefined

  constructor(refusal: Refusal, retryAfter?: number) {
    super(refusal.refused)
    this.refusal = refusal
    this.retryAfter = retryAfter
  }
}

export function fail(code: ErrorCode, more: Omit<Refusal, 'refused'> = {}, retryAfter?: number): never {
  throw new Failure(refused(code, more), retryAfter)
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'refused' in value
}

/** `Accept-Language` decides; Chinese when both or neither are named first. */
export function languageOf(header: string | undefined): Language {
  const first = header?.match(/\b(zh|en)\b/i)?.[1]?.toLowerCase()
  return first === 'en' ? 'en' : 'zh-CN'
}

export function toProblem(refusal: Refusal, language: Language, trace?: string): Problem {
  const status = errorCodes[refusal.refused]
  return {
    type: `urn:deskwatch:problem:${refusal.refused}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code: refusal.refused,
    detail: fillIn(problemTexts[refusal.refused][language], refusal.params ?? {}, language),
    ...(trace && { trace }),
    ...(refusal.errors && { errors: refusal.errors }),
    ...(refusal.current !== undefined && { current: refusal.current }),
    ...(refusal.params && { params: refusal.params }),
  }
}

function fillIn(sentence: string, params: Record<string, unknown>, language: Language): string {
  return sentence.replace(/\{(\w+)\}/g, (_, key: string) => text(params[key], language))
}

/** A name that each language has its own word for comes as `{'zh-CN': …, en: …}`. */
function text(value: unknown, language: Language): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  return typeof value === 'object' && value !== null && language in value
    ? text(new Map<string, unknown>(Object.entries(value)).get(language), language)
    : ''
}

/** What a single act answers as a whole: the refusal that its one row carries; null when it was done. */
export function refusalOf(result: Pick<ActResult, 'ok' | 'problem' | 'current'>): Refusal | null {
  if (result.ok) return null
  const code = ErrorCode.safeParse(result.problem?.code)
  const { params, errors } = result.problem ?? {}
  return refused(code.success ? code.data : 'server.fault', {
    ...(params && { params }),
    ...(errors && { errors }),
    ...(result.current !== undefined && { current: result.current }),
  })
}

interface Issue {
  code?: string | undefined
  path: PropertyKey[]
  message: string
  keys?: readonly string[]
}

/** Field errors of a failed parse, with paths like `0.labels.team`; a field too many is named itself, not where it stood. */
export function fieldErrors(issues: readonly Issue[], prefix: PropertyKey[] = []): { path: string; message: string }[] {
  const named = issues.flatMap(({ code, path, message, keys }) =>
    code === 'unrecognized_keys' && keys
      ? keys.map((key) => ({ path: [...path, key], message: 'not a field of this' }))
      : [{ path, message }],
  )
  return named.slice(0, 50).map(({ path, message }) => ({ path: [...prefix, ...path].map(String).join('.'), message }))
}
