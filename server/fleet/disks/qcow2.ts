/** What is done to one qcow2 file. Paths are our own or were looked at by `refuseForeign`; nothing is ever guessed. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import * as z from 'zod/mini'
import { ProviderError, type DiskVerdict } from '../provider.ts'
import { reasonOf, runTool } from './qemu-img.ts'

/** As qcow2 itself counts: another process may hold the file. */
const shared = (running: boolean) => (running ? ['-U'] : [])
const inFormat = ['-f', 'qcow2'] as const

const Info = z.object({
  'virtual-size': z.number(),
  'actual-size': z.number(),
  'backing-filename': z.optional(z.string()),
  snapshots: z.optional(z.array(z.object({ name: z.string(), 'date-sec': z.number(), 'date-nsec': z.number() }))),
})
const Measured = z.object({ required: z.number() })
const Checked = z.object({
  'check-errors': z.number(),
  corruptions: z.optional(z.number()),
  leaks: z.optional(z.number()),
})

export interface DiskInfo {
  virtualBytes: number
  bytes: number
  hasBackingFile: boolean
  snapshots: { name: string; at: number }[]
}

export async function infoOf(path: string, running = false): Promise<DiskInfo> {
  const { output } = await runTool('qemu-img', ['info', ...shared(running), ...inFormat, '--output=json', path])
  const info = Info.parse(JSON.parse(output))
  return {
    virtualBytes: info['virtual-size'],
    bytes: info['actual-size'],
    hasBackingFile: info['backing-filename'] !== undefined,
    snapshots: (info.snapshots ?? []).map((one) => ({
      name: one.name,
      at: one['date-sec'] * 1_000 + Math.floor(one['date-nsec'] / 1_000_000),
    })),
  }
}

/** Bytes a copy of the snapshot (or of the disk as it is) would take. */
export async function measure(path: string, snapshot: string | null, running = false): Promise<number> {
  const args = ['measure', ...shared(running), ...inFormat, '-O', 'qcow2', ...from(snapshot), '--output=json', path]
  return Measured.parse(JSON.parse((await runTool('qemu-img', args)).output)).required
}
const from = (snapshot: string | null) => (snapshot === null ? [] : ['-l', `snapshot.name=${snapshot}`])

const verbs = { create: '-c', restore: '-a', delete: '-d' } as const
export async function snapshotAct(verb: keyof typeof verbs, path: string, name: string, signal?: AbortSignal) {
  // `snapshot` takes no -f: said this way, the format is not guessed either.
  const image = `driver=qcow2,file.driver=file,file.filename=${path.replaceAll(',', ',,')}`
  await runTool('qemu-img', ['snapshot', '--image-opts', verbs[verb], name, image], { signal })
}

export interface Copying {
  signal?: AbortSignal | undefined
  onPart?: ((part: number) => void) | undefined
  /** Bytes a second at most, so that copies leave room for the guests. */
  rate?: string | undefined
}
const rated = (rate: string | undefined) => (rate === undefined ? [] : ['-r', rate])

/** Reads every allocated cluster of a snapshot and keeps nothing. */
export async function readThrough(path: string, snapshot: string, running: boolean, copying: Copying): Promise<void> {
  const { virtualBytes } = await infoOf(path, running)
  const nowhere = ['--target-image-opts', `driver=null-co,size=${virtualBytes}`]
  const source = [...inFormat, ...from(snapshot), path]
  // Else what is not allocated is written there as zeros, within the rate and after its last percent was printed.
  const onlyAllocated = ['-n', '--target-is-zero']
  await runTool(
    'qemu-img',
    ['convert', ...shared(running), '-p', ...onlyAllocated, ...rated(copying.rate), ...source, ...nowhere],
    {
      ...copying,
      onPart: copying.onPart ?? (() => undefined),
    },
  )
}

/** A compressed copy that stands under its name only when it is whole and on the disk. */
export async function copyTo(
  source: { path: string; snapshot: string | null; running: boolean; format?: 'raw' | 'qcow2' },
  to: string,
  { compressed, ...copying }: Copying & { compressed: boolean },
): Promise<void> {
  const half = `${to}.part`
  const packed = compressed ? ['-c', '-o', 'compression_type=zstd'] : []
  const what = ['-f', source.format ?? 'qcow2', '-O', 'qcow2', ...from(source.snapshot), source.path, half]
  try {
    await runTool(
      'qemu-img',
      ['convert', ...shared(source.running), '-p', ...rated(copying.rate), ...packed, ...what],
      {
        ...copying,
        onPart: copying.onPart ?? (() => undefined),
      },
    )
    const file = await open(half, 'r+')
    await file.sync().finally(() => file.close())
    await rename(half, to)
  } finally {
    await rm(half, { force: true })
  }
}

export async function growTo(path: string, bytes: number): Promise<void> {
  const { virtualBytes } = await infoOf(path)
  if (bytes !== 0 && bytes < virtualBytes)
    throw new ProviderError('provider.invalid', `the image has ${virtualBytes} bytes, the disk would have ${bytes}`)
  if (bytes > virtualBytes) await runTool('qemu-img', ['resize', ...inFormat, '-q', path, String(bytes)])
}

/** Corruption is an answer here; only a check that cannot be made is an error. */
export async function check(path: string, signal?: AbortSignal): Promise<DiskVerdict> {
  const args = ['check', ...inFormat, '--output=json', path]
  const { output, errors } = await runTool('qemu-img', args, { signal, answers: [0, 1, 2, 3] })
  if (output.trim() === '') {
    const code = reasonOf(errors)
    if (code !== 'disk.corrupt') throw new ProviderError(code, errors.trim())
    return { ok: false, corruptions: 1, leaks: 0, checkErrors: 0 }
  }
  const { corruptions = 0, leaks = 0, 'check-errors': checkErrors } = Checked.parse(JSON.parse(output))
  return { ok: corruptions === 0 && checkErrors === 0, corruptions, leaks, checkErrors }
}

export async function isBootable(path: string): Promise<boolean> {
  const { output } = await runTool('qemu-io', [...inFormat, '-r', '-c', 'read -v 510 2', path])
  return /^[0-9a-f]{8}:\s+55 aa/m.test(output)
}

export async function sha256Of(path: string, signal?: AbortSignal): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal })) hash.update(chunk as Buffer)
  return { sha256: hash.digest('hex'), bytes: (await stat(path)).size }
}
