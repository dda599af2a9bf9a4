import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { OrderFiles, ordersWithFiles } from './files.ts'

let root: string
let files: OrderFiles
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'deskwatch-files-'))
  files = new OrderFiles(root, { tenant: 'acme', number: 'WO-1' })
})
afterEach(() => rm(root, { recursive: true, force: true }))

async function put(attempt: number, name: string, text = name): Promise<string> {
  await files.begin(attempt)
  const path = files.path(attempt, name)
  await writeFile(path, text)
  return path
}

test('what a finished step kept outlives its attempt, everything half-made goes', async () => {
  const kept = await put(1, 'source')
  const half = await put(1, 'copy.part')
  const made = await files.made(kept)
  await files.clean([made], 1)
  expect([existsSync(kept), existsSync(half)]).toEqual([true, false])
  expect(await files.holds(made)).toBe(true)
  await writeFile(kept, 'sourcX')
  expect(await files.holds(made)).toBe(false)
  await rm(kept)
  expect(await files.holds(made)).toBe(false)
})

test("a late one removes nothing of a later attempt's", async () => {
  const later = await put(2, 'copy')
  await put(1, 'copy')
  await files.clean([], 1)
  expect(existsSync(later)).toBe(true)
  expect(existsSync(files.path(1, 'copy'))).toBe(false)
})

test('with its last file an order leaves no folder', async () => {
  await put(1, 'copy')
  const found = []
  for await (const one of ordersWithFiles(root)) found.push(one)
  expect(found).toEqual([['acme', 'WO-1']])
  await files.clean([])
  expect(existsSync(join(root, 'acme'))).toBe(false)
})

test('an order begins while another of its tenant ends, takes the folder with it, and works in another process', async () => {
  const work = `
    import { OrderFiles } from ${JSON.stringify(new URL('files.ts', import.meta.url).href)}
    const files = new OrderFiles(process.argv[1], { tenant: 'acme', number: 'WO-' + process.pid })
    for (let n = 0; n < 1500; n++) {
      await files.begin(1)
      await files.clean([])
    }`
  const run = promisify(execFile)
  await Promise.all([1, 2, 3].map(() => run(process.execPath, ['--input-type=module', '-e', work, root])))
})

test('people of the tenant are not told where this machine keeps its files', async () => {
  expect(files.hidden(`$ qemu-img check ${files.path(1, 'copy')}`)).toBe('$ qemu-img check acme/WO-1/1/copy')
  const disk = join(root, '..', 'fleet/qemu/acme/pc-1/disk.qcow2')
  expect(files.hidden(`Could not open '${disk}'`)).toBe("Could not open 'fleet/qemu/acme/pc-1/disk.qcow2'")
})
