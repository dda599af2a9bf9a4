/** Short ids made of what they stand for: the same parts are always the same id. */
import { createHash } from 'node:crypto'

export const digest = (parts: readonly (string | number)[]) =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22)
