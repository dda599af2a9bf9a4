/** argon2id hashes, random secrets and their fingerprints. */
import { createHash, randomBytes, randomInt } from 'node:crypto'
import * as argon2 from 'argon2'

/** OWASP's second choice for argon2id: 19 MiB, 2 passes, 1 lane. */
const cost = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

export const leastPasswordLength = 12
export const mostPasswordLength = 128

export const hashPassword = (password: string): Promise<string> => argon2.hash(password.normalize('NFKC'), cost)

let dummy: Promise<string> | undefined
/** What an unknown account is checked against, so that it takes as long as a known one. */
export function dummyHash(): Promise<string> {
  return (dummy ??= hashPassword(randomBytes(24).toString('base64')))
}

/** Always spends one verification, also for an account that does not exist. */
export async function passwordMatches(hash: string | null, password: string): Promise<boolean> {
  const matches = await argon2.verify(hash ?? (await dummyHash()), password.normalize('NFKC'))
  return matches && hash !== null
}

/** What is wrong with a new password; null when it will do. */
export function passwordProblem(password: string, username: string): string | null {
  if (password.length < leastPasswordLength) return `at least ${leastPasswordLength} characters`
  if (password.length > mostPasswordLength) return `at most ${mostPasswordLength} characters`
  if (new Set(password).size < 5) return 'at least 5 different characters'
  const user = username.split('@')[0] ?? username
  if (user.length > 3 && password.toLowerCase().includes(user)) return 'must not contain the username'
  return null
}

// No 0/O, 1/l/I: read aloud and typed by hand.
const alphabet = '23456789abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ'

/** 20 characters, more than 115 bits. */
export function randomPassword(length = 20): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}

export const randomSecret = () => randomBytes(32).toString('base64url')
/** Fingerprint under which a random secret is stored; needs no salt because the secret has 256 bits. */
export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
