/** What a page shows frame by frame: boxes that must not move, frames that took too long. */
import type { Browser, Page } from '@playwright/test'

/** Long frames of this page from now on, with the time that its own scripts took. */
export async function watchLongFrames(page: Page): Promise<void> {
  await page.evaluate(() => {
    const store: { at: number; duration: number; ours: number; scripts: string[] }[] = []
    Object.assign(globalThis, { longFrames: store })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        // Not yet in the DOM library of TypeScript.
        const scripts = Reflect.get(entry, 'scripts') as {
          duration: number
          sourceFunctionName: string
          invoker: string
        }[]
        const named = scripts.map(({ duration, invoker, sourceFunctionName }) => {
          return `${Math.round(duration)} ms ${invoker} ${sourceFunctionName}`
        })
        const ours = Math.max(0, ...scripts.map(({ duration }) => duration))
        store.push({ at: entry.startTime, duration: entry.duration, ours, scripts: named })
      }
    }).observe({ type: 'long-animation-frame' })
  })
}

export interface LongFrame {
  at: number
  duration: number
  /** The longest single script in it. */
  ours: number
  scripts: string[]
}

export const longFrames = (page: Page) =>
  page.evaluate(() => (Reflect.get(globalThis, 'longFrames') as LongFrame[]).splice(0))

export interface Sampled {
  frames: number
  /** The greatest distance between two of its places, px. */
  moved: number
  gone: number
}

/** Samples the box of what matches in every frame until `stop` is called. */
export async function sampleBox(page: Page, selector: string): Promise<{ stop: () => Promise<Sampled> }> {
  await page.evaluate((wanted) => {
    const sampled = { frames: 0, gone: 0, tops: [] as number[], lefts: [] as number[], on: true }
    Object.assign(globalThis, { sampled })
    const look = () => {
      if (!sampled.on) return
      const box = document.querySelector(wanted)?.getBoundingClientRect()
      sampled.frames++
      if (box) {
        sampled.tops.push(box.top)
        sampled.lefts.push(box.left)
      } else sampled.gone++
      requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  }, selector)
  return {
    stop: () =>
      page.evaluate(() => {
        const sampled = Reflect.get(globalThis, 'sampled') as {
          frames: number
          gone: number
          tops: number[]
          lefts: number[]
          on: boolean
        }
        sampled.on = false
        const spread = (all: number[]) => (all.length === 0 ? 0 : Math.max(...all) - Math.min(...all))
        const moved = Math.max(spread(sampled.tops), spread(sampled.lefts))
        return { frames: sampled.frames, gone: sampled.gone, moved }
      }),
  }
}

interface TraceEvent {
  name: string
  pid: number
  tid: number
  dur?: number
  tdur?: number
  args?: { name?: string }
}

export interface Task {
  /** Of the processor, ms: what others take of it meanwhile is not its own. */
  cpu: number
  /** ms on the clock. */
  took: number
}

/** Every task of the pages' main threads while `work` is done, the longest first. */
export async function tasksDuring(browser: Browser, page: Page, work: () => Promise<void>): Promise<Task[]> {
  await browser.startTracing(page, { categories: ['toplevel', '__metadata'] })
  await work().catch(async (error: unknown) => {
    await browser.stopTracing()
    throw error
  })
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] }
  const place = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`
  const mains = new Set(
    traceEvents.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain').map(place),
  )
  return traceEvents
    .filter((event) => event.name.endsWith('RunTask') && mains.has(place(event)))
    .map(({ dur = 0, tdur = 0 }) => ({ cpu: tdur / 1_000, took: dur / 1_000 }))
    .toSorted((a, b) => b.cpu - a.cpu)
}
