import * as z from 'zod/mini'
import { get } from '../../sync/send.ts'

const Figures = z.object({
  oldestWaitMs: z.nullable(z.number()),
  meanWaitMs: z.nullable(z.number()),
  workers: z.number(),
  slots: z.number(),
})

/** Workers and waiting times: they change by the minute, so they are asked for while somebody looks. */
export class Standing {
  figures = $state.raw<z.infer<typeof Figures> | null>(null)

  follow(): () => void {
    const asked = new AbortController()
    const read = async () => {
      if (document.hidden) return
      const answer = await get('/api/v1/work-orders/statistics', Figures, asked.signal).catch(() => null)
      // Without an answer the last figures stay; the badge of the page says that nothing comes.
      if (answer) this.figures = answer
    }
    void read()
    const again = setInterval(() => void read(), 5_000)
    return () => {
      clearInterval(again)
      asked.abort()
    }
  }
}
