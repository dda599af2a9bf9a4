/** What the room of images may ask: the door of a snapshot is closed before an image is made from it (S3). */
import type { Core } from '../../core/core.ts'
import type { Ctx, Refusal } from '../../core/feature.ts'
import { changeOne, settleOne } from '../../core/one.ts'
import { refused } from '../../core/problems.ts'
import type { Link } from '../work-orders/contract.ts'
import { whyNot } from './machine.ts'
import { SnapshotDocs, type SnapshotDoc } from './model.ts'

/** From now on it is not deleted, until `releaseSnapshot`. The same again is harmless. */
export async function reserveSnapshot(ctx: Ctx, id: string, image: Link): Promise<SnapshotDoc | Refusal> {
  return changeOne(ctx, SnapshotDocs, id, (doc) => {
    const why = whyNot(doc, 'make-image')
    if (why) return refused(why.code, { params: why.params })
    if (doc.images.some((one) => one.id === image.id)) return { same: true }
    return { next: { ...doc, images: [...doc.images, image] } }
  })
}

/** The image is gone, or never came to be. */
export async function releaseSnapshot(core: Pick<Core, 'changes' | 'views'>, id: string, image: string): Promise<void> {
  await settleOne(core, SnapshotDocs, id, (doc) => {
    const images = doc.images.filter((one) => one.id !== image)
    return images.length < doc.images.length ? { ...doc, images } : null
  })
}
