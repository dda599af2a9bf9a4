/** The installation's key pair of web push: made once, sealed, the same on every node. */
import webPush from 'web-push'
import { systemCtx } from '../../core/access.ts'
import type { Core } from '../../core/core.ts'
import { envelopeOf } from '../../core/envelope.ts'
import { must } from '../../core/must.ts'
import { PLATFORM } from '../../core/tenants.ts'
import { PushKeyDocs, type PushKeyDoc } from './model.ts'

const keyId = `${PLATFORM}:push-keys`

/** Of two nodes that start at once, the one whose document was first gives the keys. */
export async function makePushKeys(core: Core): Promise<void> {
  if (core.views.get(PushKeyDocs, keyId)) return
  const { publicKey, privateKey } = webPush.generateVAPIDKeys()
  const sealed = (await envelopeOf(core.config)).seal(privateKey, keyId)
  const ctx = systemCtx(core, PLATFORM, 'push keys', keyId)
  await core.changes.create(ctx, PushKeyDocs, { _id: keyId, tenant: PLATFORM, publicKey, sealed })
}

const stored = (core: Core): PushKeyDoc => must(core.views.get(PushKeyDocs, keyId), 'push keys are made at start')

export const publicPushKey = (core: Core): string => stored(core).publicKey

export async function vapidOf(core: Core) {
  const { publicKey, sealed } = stored(core)
  const privateKey = (await envelopeOf(core.config)).open(sealed, keyId)
  return { subject: subjectOf(core), publicKey, privateKey }
}

/** Whom a push service may turn to. */
function subjectOf({ config }: Core): string {
  if (config.PUBLIC_ORIGIN?.startsWith('https:')) return config.PUBLIC_ORIGIN
  const address = /<([^>]+)>/.exec(config.SMTP_FROM)?.[1] ?? config.SMTP_FROM
  return `mailto:${address}`
}
