import type { Problem } from '#wire'
import { asProblem, getRaw } from '../../sync/send.ts'

export interface Picture {
  /** A data address: the page's policy lets in no other picture. */
  url: string
  /** When its provider took it, ms. */
  at: number
}

/** The console of one desktop as a picture, taken anew while somebody looks. */
export class Screen {
  picture = $state.raw<Picture | null>(null)
  problem = $state.raw<Problem | null>(null)
  reading = $state(false)
  #asking: AbortController | null = null

  async read(id: string): Promise<void> {
    this.#asking?.abort()
    const asking = (this.#asking = new AbortController())
    this.reading = true
    try {
      const answer = await getRaw(`/api/v1/desktops/${encodeURIComponent(id)}/screenshot`, asking.signal)
      const at = Number(answer.headers.get('deskwatch-taken-at'))
      const url = await asAddress(await answer.blob())
      if (asking.signal.aborted) return
      this.picture = { url, at }
      this.problem = null
    } catch (error) {
      // The last picture stays, with its age.
      if (!asking.signal.aborted) this.problem = asProblem(error)
    } finally {
      if (this.#asking === asking) this.reading = false
    }
  }

  stop() {
    this.#asking?.abort()
    this.picture = this.problem = null
    this.reading = false
  }
}

function asAddress(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(typeof reader.result === 'string' ? reader.result : '')
    reader.onerror = () => reject(reader.error ?? new Error('the picture could not be read'))
    reader.readAsDataURL(blob)
  })
}
