/** The kinds of orders that this worker can run: every `workers/features/<room>/<kind>.ts` whose default export is one. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Work } from './steps.ts'

export async function discoverWork(): Promise<Work[]> {
  const root = join(import.meta.dirname, 'features')
  const files = await readdir(root, { recursive: true })
  const modules = await Promise.all(
    files
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map(async (file): Promise<unknown> => import(pathToFileURL(join(root, file)).href)),
  )
  return modules.flatMap((module) =>
    typeof module === 'object' && module !== null && 'default' in module && isWork(module.default)
      ? [module.default]
      : [],
  )
}

const isWork = (value: unknown): value is Work =>
  typeof value === 'object' && value !== null && 'kind' in value && 'step' in value
