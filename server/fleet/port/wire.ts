/** What a fleet process and those who call it say to each other: one JSON object a line over a unix socket. */
import { join } from 'node:path'
import * as z from 'zod/mini'
import type { Capability, DesktopProvider, Long, Progress, ProviderErrorCode, ProviderName } from '../provider.ts'

const text = (most: number) => z.string().check(z.maxLength(most))
const Ref = text(300)
const whole = (most: number) => z.number().check(z.int(), z.minimum(0), z.maximum(most))
const Spec = z.strictObject({
  tenant: text(100),
  name: text(300),
  image: text(4_096),
  vcpus: z.number(),
  memoryMiB: z.number(),
  diskGiB: z.number(),
  network: text(300),
  policy: text(300),
})
const From = z.strictObject({ ref: Ref, snapshot: z.nullable(Ref) })
const How = z.strictObject({ force: z.boolean(), graceMs: whole(3_600_000) })

interface Call {
  isLong: boolean
  /** Parses its arguments: they come from another process. */
  run: (provider: DesktopProvider, args: unknown, long: Long) => Promise<unknown>
}
const call = <T>(
  isLong: boolean,
  args: z.ZodMiniType<T>,
  run: (provider: DesktopProvider, args: T, long: Long) => Promise<unknown>,
): Call => ({ isLong, run: async (provider, given, long) => run(provider, args.parse(given), long) })

const OnRef = z.tuple([Ref])
const OnSnapshot = z.tuple([Ref, Ref])

export const calls = {
  listHosts: call(false, z.tuple([]), (p) => p.listHosts()),
  listDesktops: call(false, z.tuple([]), (p) => p.listDesktops()),
  probe: call(false, OnRef, (p, [ref]) => p.probe(ref)),
  listSnapshots: call(false, OnRef, (p, [ref]) => p.listSnapshots(ref)),
  screenshot: call(false, OnRef, (p, [ref]) => p.screenshot(ref)),
  blockStatistics: call(false, OnRef, (p, [ref]) => p.blockStatistics(ref)),
  start: call(true, OnRef, (p, [ref], long) => p.start(ref, long)),
  stop: call(true, z.tuple([Ref, How]), (p, [ref, how], long) => p.stop(ref, how, long)),
  create: call(true, z.tuple([Spec]), (p, [spec], long) => p.create(spec, long)),
  delete: call(true, OnRef, (p, [ref], long) => p.delete(ref, long)),
  createSnapshot: call(true, OnSnapshot, (p, [ref, name], long) => p.createSnapshot(ref, name, long)),
  restoreSnapshot: call(true, OnSnapshot, (p, [ref, name], long) => p.restoreSnapshot(ref, name, long)),
  deleteSnapshot: call(true, OnSnapshot, (p, [ref, name], long) => p.deleteSnapshot(ref, name, long)),
  exportImage: call(true, z.tuple([From, text(4_096)]), (p, [from, to], long) => p.exportImage(from, to, long)),
  checkDisk: call(true, OnRef, (p, [ref], long) => p.checkDisk(ref, long)),
} satisfies Record<Exclude<keyof DesktopProvider, 'name' | 'offers'>, Call>
export type Method = keyof typeof calls
const methods = z.enum(Object.keys(calls) as [Method, ...Method[]])

export const PORT_PROTOCOL = 1

/** From the caller. `op` stands on every long call. */
export const Asked = z.discriminatedUnion('t', [
  z.strictObject({
    t: z.literal('call'),
    id: whole(Number.MAX_SAFE_INTEGER),
    method: methods,
    args: z.array(z.unknown()).check(z.maxLength(4)),
    op: z.optional(z.string().check(z.minLength(1), z.maxLength(200))),
  }),
  z.strictObject({ t: z.literal('cancel'), id: whole(Number.MAX_SAFE_INTEGER) }),
  z.strictObject({ t: z.literal('ping') }),
])
export type Asked = z.infer<typeof Asked>

export type Outcome = { value: unknown } | { code: ProviderErrorCode; message: string }

/** From the fleet process, which is of this very installation: not parsed, only told apart. */
export type Answered =
  | { t: 'welcome'; protocol: number; name: ProviderName; offers: Capability[] }
  | { t: 'progress'; id: number; progress: Progress }
  | { t: 'outcome'; id: number; outcome: Outcome }
  | { t: 'pong' }

const longestPath = 107

/** The kernel takes no longer address than this. */
export function refuseLongPath(path: string): string {
  if (Buffer.byteLength(path) <= longestPath) return path
  throw new Error(`the path of DATA_DIR is too long for a socket inside it: ${path}`)
}

export const socketOf = (dataDir: string, provider: ProviderName) =>
  refuseLongPath(join(dataDir, 'run', `fleet-${provider}.sock`))
