/** Desktops and their snapshots as a caller of the HTTP interface sees them. */
import type { DesktopDetail, RunState } from '#contract/inventory'
import type { SnapshotDetail } from '#contract/snapshots'
import type { OrderDetail } from '#contract/work-orders'
import { DesktopDocs, inventoryId, newDesktop, type DesktopDoc } from '../../server/features/inventory/model.ts'
import { SnapshotDocs, snapshotId, snapshotRef, type SnapshotDoc } from '../../server/features/snapshots/model.ts'
import type { Client } from './client.ts'
import type { TestHouse } from './house.ts'
import { readOrder } from './orders.ts'
import { until } from './until.ts'

const segment = encodeURIComponent

/** Into the inventory, as a seed would. */
export async function plantDesktops(
  { core }: Pick<TestHouse, 'core'>,
  provider: 'qemu' | 'simulated',
  names: readonly string[],
  more: Partial<DesktopDoc> = {},
  tenant = 'acme',
): Promise<string[]> {
  const docs = names.map((name) => ({ ...newDesktop(tenant, name, provider, Date.now()), ...more }))
  await core.changes.write(docs.map((doc) => ({ collection: DesktopDocs, doc, base: 0 })))
  await core.changes.published(10_000)
  return names.map((name) => inventoryId(tenant, name))
}

/** Of a desktop that stands in the inventory; what is on its disk is not asked. */
export async function plantSnapshots(
  { core }: Pick<TestHouse, 'core'>,
  desktop: string,
  snapshots: readonly (Partial<SnapshotDoc> & { name: string })[],
): Promise<string[]> {
  const docs = snapshots.map((more): SnapshotDoc => {
    const tenant = desktop.slice(0, desktop.indexOf(':'))
    const order = {
      id: `${tenant}:WO-20261123080102-snapshot-create-AAAAAA`,
      number: 'WO-20261123080102-snapshot-create-AAAAAA',
    }
    return {
      _id: snapshotId(tenant, desktop, more.name),
      v: 1,
      tenant,
      description: '',
      desktop: { id: desktop, name: desktop.slice(tenant.length + 1).toUpperCase() },
      provider: 'simulated',
      ref: snapshotRef(more.name, order.number),
      state: 'available',
      consistency: 'clean',
      bytes: 3 * 2 ** 20,
      virtualBytes: 2 ** 30,
      takenAt: Date.now(),
      createdAt: Date.now(),
      createdBy: 'Ann',
      order,
      error: null,
      restored: null,
      images: [],
      ...more,
    }
  })
  await core.changes.write(docs.map((doc) => ({ collection: SnapshotDocs, doc, base: 0 })))
  await core.changes.published(10_000)
  return docs.map(({ _id }) => _id)
}

export const desktopPath = (id: string, rest = '') => `/desktops/${segment(id)}${rest}`
export const snapshotPath = (id: string, rest = '') => `/snapshots/${segment(id)}${rest}`

export const readDesktop = async (client: Client, id: string) => (await client.get(desktopPath(id))).as<DesktopDetail>()
export const readSnapshot = async (client: Client, id: string) =>
  (await client.get(snapshotPath(id))).as<SnapshotDetail>()

/** With nothing under way. */
export async function untilRests(client: Client, id: string, state: RunState, seconds = 20): Promise<DesktopDetail> {
  let last: DesktopDetail | undefined
  await until(
    `${id} is ${state}`,
    async () => {
      last = await readDesktop(client, id)
      return last.runState === state && !last.act && last.orders.length === 0
    },
    seconds,
  ).catch((error: unknown) => {
    throw new Error(`it is ${JSON.stringify(last)}`, { cause: error })
  })
  return last ?? readDesktop(client, id)
}

export const power = (client: Client, id: string, verb: 'power-on' | 'power-off' | 'restart', body = {}) =>
  client.post(desktopPath(id, `/actions/${verb}`), body)

export async function untilOrderEnds(client: Client, id: string, seconds = 40): Promise<OrderDetail> {
  let last: OrderDetail | undefined
  await until(
    `order ${id} ends`,
    async () => {
      last = await readOrder(client, id)
      return ['succeeded', 'failed', 'cancelled'].includes(last.state) && !last.stopping
    },
    seconds,
  ).catch((error: unknown) => {
    throw new Error(`it is ${JSON.stringify(last)}`, { cause: error })
  })
  return last ?? readOrder(client, id)
}
