import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { simulatedImages } from '../simulated/image.ts'
import { DesktopDisks } from './desktop-disks.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'deskwatch-disks-'))
const options = { root: join(dataDir, 'fleet'), dataDir, images: simulatedImages }
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

test('whoever notes that a desktop stopped goes on when it is on the disk, also beside another who notes the same', async () => {
  const disks = new DesktopDisks(options)
  const long = { op: 'create', signal: new AbortController().signal, onProgress: () => undefined }
  const spec = {
    tenant: 'acme',
    name: 'NOTED',
    image: Object.keys(simulatedImages)[0] ?? '',
    diskGiB: 1,
    network: 'n',
    policy: 'p',
  }
  const { ref } = await disks.create({ ...spec, vcpus: 1, memoryMiB: 16 }, 'h1', long)
  await disks.noteRuns(ref, true)
  const other = disks.noteRuns(ref, false)
  await disks.noteRuns(ref, false)
  expect(new DesktopDisks(options).get(ref)?.runs).toBe(false)
  await other
})
