/** What a provider says at this moment: of a desktop, its screen, and of itself. Nothing of it is kept beyond a second. */
import * as z from 'zod/mini'
import type { Router } from 'express'
import { authorize } from '../../core/access.ts'
import { defineQuery } from '../../core/command.ts'
import type { Core } from '../../core/core.ts'
import type { Ctx, Operation, Refusal } from '../../core/feature.ts'
import { findOne } from '../../core/one.ts'
import type { Described } from '../../core/openapi.ts'
import { contextOf } from '../../core/operations.ts'
import { guard, newLimits } from '../../core/person-route.ts'
import { Failure, isRefusal, refused } from '../../core/problems.ts'
import { codeOf } from '../../fleet/patient.ts'
import type { Providers } from '../../fleet/port/providers.ts'
import { DesktopProbe, holdingProviders, ProviderStanding } from './contract.ts'
import { faultTexts, wrongState } from './machine.ts'
import { DesktopDocs, type DesktopDoc } from './model.ts'
import { ById } from './nouns.ts'

/** What a provider cannot do or say, in the house's own words. */
async function asked<T>(call: () => Promise<T>): Promise<T | Refusal> {
  try {
    return await call()
  } catch (error) {
    const code = codeOf(error)
    if (code === null) throw error
    if (code === 'provider.unavailable' || code === 'provider.not-offered') return refused(code)
    return refused('provider.refused', { params: { code, reason: faultTexts[code] ?? code } })
  }
}

export function askingQueries(providers: () => Providers): Operation[] {
  return [
    defineQuery({
      route: 'GET /desktop-providers',
      summary: 'The providers of desktops: whether they answer, and what they can do',
      permission: 'inventory:read',
      input: z.strictObject({}),
      output: z.object({ items: z.array(ProviderStanding) }),
      run: async () => ({ items: await Promise.all(holdingProviders.map((name) => standingOf(providers(), name))) }),
    }),
    defineQuery({
      route: 'GET /desktops/:id/probe',
      summary: 'What the provider says of a desktop at this moment: power, disks, what they read and wrote',
      permission: 'inventory:read',
      input: ById,
      output: DesktopProbe,
      async run(ctx, { id }) {
        const doc = findOne(ctx, DesktopDocs, id)
        return isRefusal(doc) ? doc : asked(() => probe(ctx, providers(), doc))
      },
    }),
  ]
}

async function standingOf(providers: Providers, name: (typeof holdingProviders)[number]): Promise<ProviderStanding> {
  const provider = providers.of(name)
  const said = await asked(() => provider.listHosts())
  return { provider: name, answers: !isRefusal(said), since: null, offers: [...provider.offers] }
}

async function probe({ core }: Ctx, providers: Providers, { _id, provider: name }: DesktopDoc): Promise<DesktopProbe> {
  const provider = providers.of(name)
  const { power, disks, trouble } = await provider.probe(_id)
  const isTold = power === 'running' && provider.offers.has('console')
  const blocks = isTold ? await asked(() => provider.blockStatistics(_id)) : null
  return {
    at: core.clock.now(),
    power,
    trouble,
    // Where this machine keeps its files is nobody's business.
    disks: disks?.map(({ path: _path, ...disk }) => disk) ?? null,
    blocks: isRefusal(blocks) ? null : blocks,
  }
}

const screenshotPath = '/desktops/:id/screenshot'
const permission = 'desktops:console'
export const describedScreenshot: Described = {
  kind: 'query',
  method: 'get',
  path: screenshotPath,
  input: ById,
  output: z.string(),
  summary: 'The console of a running desktop as a picture, at most a second old; `Deskwatch-Taken-At` says when, ms',
  permission,
  produces: ['image/png'],
  errors: ['desktop.state', 'provider.not-offered', 'provider.refused', 'provider.unavailable'],
}

interface Picture {
  png: Buffer
  at: number
}
const keptMs = 1_000

/** One picture a second and desktop, however many look. */
export class Screens {
  readonly #providers: () => Providers
  readonly #kept = new Map<string, { picture: Promise<Picture | Refusal>; asked: number }>()

  constructor(providers: () => Providers) {
    this.#providers = providers
  }

  mount(core: Core, api: Router): void {
    const limits = newLimits(core)
    api.get(screenshotPath, async (request, response) => {
      const principal = await guard(core, limits, request)
      const denied = authorize(principal, permission)
      if (denied) throw new Failure(denied)
      const picture = await this.#of(contextOf(principal, request, core), request.params.id)
      if (isRefusal(picture)) throw new Failure(picture)
      response.setHeader('Cache-Control', 'private, no-store')
      response.setHeader('Deskwatch-Taken-At', String(picture.at))
      response.type('image/png').send(picture.png)
    })
  }

  async #of(ctx: Ctx, id: string): Promise<Picture | Refusal> {
    const doc = findOne(ctx, DesktopDocs, id)
    if (isRefusal(doc)) return doc
    const { runState, provider } = doc
    if (!['online', 'offline', 'starting', 'stopping'].includes(runState)) {
      const { code, params } = wrongState(runState, ['offline', 'online'])
      return refused(code, { params })
    }
    const now = ctx.core.clock.monotonic()
    for (const [key, { asked: at }] of this.#kept) if (now - at >= keptMs) this.#kept.delete(key)
    const kept = this.#kept.get(id)
    if (kept) return kept.picture
    const picture = asked(async (): Promise<Picture> => {
      const { base64, at } = await this.#providers().of(provider).screenshot(id)
      return { png: Buffer.from(base64, 'base64'), at }
    })
    this.#kept.set(id, { picture, asked: now })
    return picture
  }
}
