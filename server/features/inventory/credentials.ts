/** Credentials of desktops: `dwd_<tenant>_<43 random characters>`, 256 bits, stored only as SHA-256. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

const shape = /^dwd_([a-z][a-z0-9-]{1,30})_([A-Za-z0-9_-]{43})$/

export const makeSecret = () => randomBytes(32).toString('base64url')
export const credentialOf = (tenant: string, secret: string) => `dwd_${tenant}_${secret}`
export const hashOf = (credential: string) => createHash('sha256').update(credential).digest('hex')

/** The tenant a credential speaks for; null when it is no desktop's credential. */
export const tenantOf = (credential: string) => shape.exec(credential)?.[1] ?? null

export const sameHash = (a: string, b: string) =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
