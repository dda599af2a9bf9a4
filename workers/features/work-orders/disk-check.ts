/** Real disk work on a small disk of its own: what is proven is that this worker's machine can do it. */
import { createHash } from 'node:crypto'
import { open, stat } from 'node:fs/promises'
import { diskCheck } from '../../../server/features/work-orders/orders/disk-check.ts'
import { defineWork, StepError, type Run } from '../../steps.ts'

const MiB = 1024 * 1024
const qcow2 = ['-f', 'qcow2'] as const

export default defineWork(diskCheck, {
  /** A raw disk with data that does not compress away, then a qcow2 of it. */
  async make(run) {
    const [raw, disk] = [run.file('source.raw'), run.file('source.qcow2')]
    await writeData(run, raw, run.input.dataMiB)
    await run.child('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, disk])
    await run.keep(disk)
    return { path: disk, bytes: (await stat(disk)).size }
  },

  async convert(run) {
    const source = pathOf(run, 'make')
    const copy = run.file('copy.qcow2')
    const total = (await stat(source)).size
    // One request at a time: else the first megabytes are all asked for, and told, at once.
    const slow = run.input.rateMiB ? ['-m', '1', '-r', `${run.input.rateMiB}M`] : []
    const args = ['convert', '-p', ...slow, ...qcow2, '-O', 'qcow2', source, copy]
    await run.child('qemu-img', args, { onLine: (line) => tellPercent(run, line, total) })
    await run.keep(copy)
    return { path: copy, bytes: (await stat(copy)).size }
  },

  async check(run) {
    const report = await run.child('qemu-img', ['check', ...qcow2, '--output', 'json', pathOf(run, 'convert')], {
      answers: [2, 3],
    })
    run.log(report.trim())
    const found: unknown = JSON.parse(report)
    const count = (name: string) =>
      typeof found === 'object' && found !== null ? Number(new Map(Object.entries(found)).get(name) ?? 0) : 0
    if (count('corruptions') > 0 || count('check-errors') > 0)
      throw new StepError('disk.corrupt', `qemu-img check found ${count('corruptions')} corruptions`)
    if (count('leaks') > 0) run.warn(`${count('leaks')} leaked clusters`)
    return { corruptions: 0 }
  },

  async compare(run) {
    const [source, copy] = [pathOf(run, 'make'), pathOf(run, 'convert')]
    const total = (await stat(source)).size
    await run.child('qemu-img', ['compare', '-p', ...qcow2, '-F', 'qcow2', source, copy], {
      onLine: (line) => tellPercent(run, line, total),
    })
    return { equal: true }
  },
})

/** `    (12.34/100%)` */
function tellPercent(run: Run<unknown>, line: string, total: number): void {
  const percent = /\((\d+(?:\.\d+)?)\/100%\)/.exec(line)?.[1]
  if (percent !== undefined) run.progress((Number(percent) / 100) * total, total)
}

function pathOf(run: Run<unknown>, step: string): string {
  const { path } = run.output(step)
  if (typeof path !== 'string') throw new StepError('fault', `${step} left no path`)
  return path
}

/** Pseudo-random from the order's number: the same in every attempt. */
async function writeData(run: Run<unknown>, path: string, sizeMiB: number): Promise<void> {
  let seed = createHash('sha256').update(run.order.number).digest().readUInt32BE()
  const block = new Uint32Array(MiB / 4)
  const file = await open(path, 'w')
  try {
    for (let n = 0; n < sizeMiB; n++) {
      run.signal.throwIfAborted()
      for (let at = 0; at < block.length; at++) {
        seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
        block[at] = seed
      }
      await file.write(new Uint8Array(block.buffer))
      run.progress((n + 1) * MiB, sizeMiB * MiB)
    }
  } finally {
    await file.close()
  }
}
