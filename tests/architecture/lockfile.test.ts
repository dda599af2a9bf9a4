import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** Least versions without a known hole that matters here. */
const least: Record<string, string> = {
  'socket.io': '4.8.0',
  'socket.io-parser': '4.2.7',
  'engine.io': '6.6.0',
  ws: '8.21.0',
  'node-forge': '1.4.0',
  '@sveltejs/kit': '2.69.1',
}

interface Lock {
  packages: Record<string, { version?: string; resolved?: string }>
}
const lock: Lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))
const parts = (version: string) => version.split('.').map((part) => Number.parseInt(part, 10))
const older = (version: string, than: string) => {
  const [a, b] = [parts(version), parts(than)]
  const index = a.findIndex((part, at) => part !== b[at])
  return index >= 0 && (a[index] ?? 0) < (b[index] ?? 0)
}

test.each(Object.entries(least))('every copy of %s in the lock is at least %s', (name, version) => {
  const copies = Object.entries(lock.packages).filter(([path]) => path.endsWith(`node_modules/${name}`))
  expect(copies.length).toBeGreaterThan(0)
  expect(copies.filter(([, copy]) => older(copy.version ?? '0', version))).toEqual([])
})

test('the lock names no registry', () => {
  expect(Object.entries(lock.packages).filter(([, copy]) => copy.resolved !== undefined)).toEqual([])
})
