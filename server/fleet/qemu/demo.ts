/** The demo's real desktops on paper: the seed of the database and the fleet process read the same plan. */
import type { DesktopSpec } from '../provider.ts'

export function demoDesktops(count: number): DesktopSpec[] {
  return Array.from({ length: count }, (_, n) => ({
    tenant: 'acme',
    name: `ACME-QEMU-${String(n + 1).padStart(2, '0')}`,
    image: 'guest',
    vcpus: 1,
    memoryMiB: 16,
    diskGiB: 0,
    network: '',
    policy: '',
  }))
}

/** One stays off, to have something to start. */
export const startsAtOnce = (n: number, count: number) => count === 1 || n < count - 1
