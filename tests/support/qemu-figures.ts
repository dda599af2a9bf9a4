/** What qemu-img itself prints of its progress, heard beside the program that asked for it. */
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { findProgram } from '../../server/fleet/disks/qemu-img.ts'
import { must } from '../../server/core/must.ts'

export interface QemuFigures {
  /** The last one, in %; null: nothing was printed since `forget`. */
  last: () => Promise<number | null>
  forget: () => Promise<void>
  /** The program is the real one again. */
  stop: () => void
}

/** From here on every qemu-img of this process and its children prints into a file as well. Its pid and exit code stay. */
export async function hearQemuImg(folder: string): Promise<QemuFigures> {
  const real = must(findProgram('qemu-img'), 'qemu-img is installed')
  const heard = join(folder, 'heard')
  const path = process.env['PATH'] ?? ''
  const lines = [
    '#!/bin/bash',
    `case " $* " in *" -p "*) exec '${real}' "$@" > >(exec tee -a '${heard}') ;; esac`,
    `exec '${real}' "$@"`,
  ]
  await writeFile(heard, '')
  await writeFile(join(folder, 'qemu-img'), `${lines.join('\n')}\n`)
  await chmod(join(folder, 'qemu-img'), 0o755)
  process.env['PATH'] = `${folder}${delimiter}${path}`
  return {
    async last() {
      const all = [...(await readFile(heard, 'utf8')).matchAll(/\((\d+(?:\.\d+)?)\/100%\)/g)]
      const figure = all.at(-1)?.[1]
      return figure === undefined ? null : Number(figure)
    },
    forget: () => writeFile(heard, ''),
    stop: () => void (process.env['PATH'] = path),
  }
}
