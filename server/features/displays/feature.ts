/** The room of displays: screens on walls that watch without a person. */
import type { Core } from '../../core/core.ts'
import type { Feature } from '../../core/feature.ts'
import { must } from '../../core/must.ts'
import { displayOperations } from './commands.ts'
import { HostAlarms } from './host-alarms.ts'
import { DisplayDocs, liveDisplays, liveOwnDisplays, type DisplayDoc } from './model.ts'
import { described, mountOwnRoutes } from './own-routes.ts'

export function displayFeature(): Feature {
  let made: HostAlarms | undefined
  return {
    name: 'displays',
    collections: [DisplayDocs],
    views: [liveDisplays, liveOwnDisplays],
    operations: displayOperations,
    described,
    assemble(core) {
      made = new HostAlarms(core)
      watchSessions(core)
    },
    routes: mountOwnRoutes,
    schedules: [
      {
        name: 'alarmed-hosts',
        everyMs: 1_000,
        tick: async () => must(made, 'the room is assembled before its clocks run').tell(),
      },
    ],
  }
}

/** Every node hears of a screen that was sent away or replaced, whichever node did it (S15). */
function watchSessions(core: Core): void {
  core.views.onChange((collection, doc, before) => {
    if (collection.noun !== DisplayDocs.noun || !before) return
    // Nouns name one shape each.
    const [display, earlier] = [doc as DisplayDoc, before as DisplayDoc]
    const ended = display.gone === true || display.credential.session?.hash !== earlier.credential.session?.hash
    if (!ended) return
    core.revoke({ display: display._id })
    if (display.credential.session === null) core.changes.tell(display.tenant, 'displays', `seen:${display._id}`, null)
  })
}
