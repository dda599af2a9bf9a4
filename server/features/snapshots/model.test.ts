import { expect, test } from 'vitest'
import { snapshotId, snapshotRef } from './model.ts'

test('a name is taken once per desktop, whatever its case', () => {
  expect(snapshotId('acme', 'acme:pc-1', 'Before')).toBe(snapshotId('acme', 'acme:pc-1', 'before'))
  expect(snapshotId('acme', 'acme:pc-1', 'before')).not.toBe(snapshotId('acme', 'acme:pc-2', 'before'))
})

test('the name on the disk can be read by people, begins with a letter, and is another one each time', () => {
  const safe = /^[A-Za-z][A-Za-z0-9-]{0,99}$/
  for (const [name, begins] of [
    ['before upgrade', 'before-upgrade-'],
    ['升级前', 'snapshot-'],
    ['2026.11 朱 backup', 'backup-'],
    ['x'.repeat(100), 'xxx'],
  ] as const) {
    const ref = snapshotRef(name, 'WO-1')
    expect(ref).toMatch(safe)
    expect(ref.startsWith(begins), ref).toBe(true)
    expect(snapshotRef(name, 'WO-2')).not.toBe(ref)
  }
})
