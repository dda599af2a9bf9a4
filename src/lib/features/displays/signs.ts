import * as z from 'zod/mini'
import { signEveryMs, type Sign } from '#contract/displays'
import { act } from '../../sync/send.ts'

const firstMs = 3_000

/** Tells the server, and by it the administrators, that this screen is alive and what is on it. */
export function signEvery(say: () => Sign): () => void {
  const sign = () => {
    act('/api/v1/displays/own/signs', say(), z.unknown(), { attempts: 1 }).catch(() => {
      // Away: the page says so by itself, and the next sign comes soon.
    })
  }
  const first = setTimeout(sign, firstMs)
  const timer = setInterval(sign, signEveryMs)
  return () => {
    clearTimeout(first)
    clearInterval(timer)
  }
}
