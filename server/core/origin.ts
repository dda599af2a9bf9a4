/** Where a request may come from: cookies are only believed on requests that our own pages made. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Refusal } from './feature.ts'
import { refused } from './problems.ts'

/** The configured origin or the very host that was asked. No Origin header: not a page in a browser. */
export function originAllowed(headers: IncomingHttpHeaders, publicOrigin: string | undefined): boolean {
  const { origin } = headers
  if (origin === undefined) return true
  if (publicOrigin !== undefined && origin === new URL(publicOrigin).origin) return true
  return URL.canParse(origin) && new URL(origin).host === headers.host
}

/**
 * A state-changing request that carries a cookie must come from our own page and be JSON (a form cannot send that).
 * Bearer tokens are never sent by a browser on its own, so they need no such check.
 */
export function crossSiteRefusal(
  method: string,
  headers: IncomingHttpHeaders,
  publicOrigin: string | undefined,
): Refusal | null {
  if (!originAllowed(headers, publicOrigin)) return refused('request.origin')
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return null
  if (headers.authorization !== undefined) return null
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return refused('request.origin')
  return hasBody(headers) && !isJson(headers['content-type']) ? refused('request.media-type') : null
}

const hasBody = (headers: IncomingHttpHeaders) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

export const isJson = (contentType: string | undefined) => /^application\/json\s*(;|$)/i.test(contentType ?? '')
