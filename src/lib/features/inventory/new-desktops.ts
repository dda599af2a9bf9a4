/** What is typed of new desktops, as the server takes it. */
import { NewDesktops, type PoolRow } from '#contract/inventory'
import { desktopText } from './texts.ts'

export const numbers = {
  count: { from: 1, to: 100 },
  vcpus: { from: 1, to: 64 },
  memoryMiB: { from: 8, to: 1_048_576 },
  diskGiB: { from: 0, to: 65_536 },
} as const
export type NumberField = keyof typeof numbers

export interface Typed extends Record<NumberField, string> {
  name: string
  pool: string
  /** Empty: the pool's. */
  provider: '' | 'qemu' | 'simulated'
  image: string
  network: string
  policy: string
}

export const untouched = (): Typed => ({
  name: '',
  count: '1',
  pool: '',
  provider: '',
  image: 'guest',
  vcpus: '1',
  memoryMiB: '16',
  diskGiB: '0',
  network: '',
  policy: '',
})

const messages: Partial<Record<string, () => string>> = {
  name: () => desktopText('createNameWrong'),
  image: () => desktopText('createImageWrong'),
  provider: () => desktopText('createProviderNeeded'),
}
const isNumber = (key: string): key is NumberField => key in numbers
const wrong = (key: string) => messages[key]?.() ?? (isNumber(key) ? desktopText('createRange', numbers[key]) : key)

export type Read = { input: NewDesktops } | { errors: Partial<Record<string, string>> }

export function read(typed: Typed, pool: PoolRow | undefined): Read {
  const { provider, ...rest } = typed
  const parsed = NewDesktops.safeParse({
    ...rest,
    name: typed.name.trim(),
    image: typed.image.trim(),
    count: numberOf(typed.count),
    vcpus: numberOf(typed.vcpus),
    memoryMiB: numberOf(typed.memoryMiB),
    diskGiB: numberOf(typed.diskGiB),
    pool: typed.pool || null,
    network: typed.network || null,
    policy: typed.policy || null,
    ...(provider && { provider }),
  })
  const keys = new Set(parsed.error?.issues.map(({ path }) => String(path[0])))
  if (!provider && !pool?.provider) keys.add('provider')
  if (!parsed.success || keys.size > 0) return { errors: Object.fromEntries([...keys].map((key) => [key, wrong(key)])) }
  return { input: parsed.data }
}

/** An empty field is no zero. */
const numberOf = (text: string) => (text.trim() === '' ? NaN : Number(text))
