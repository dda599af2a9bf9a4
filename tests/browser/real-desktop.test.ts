/** A real desktop through the pages: started, looked at, snapshotted running and off by a bar that tells the truth, put back. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from '@playwright/test'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { OrderedResult } from '#contract/inventory'
import { must } from '../../server/core/must.ts'
import { findProgram, runTool } from '../../server/fleet/disks/qemu-img.ts'
import { openBrowser, openDesk } from '../support/browser.ts'
import type { Client } from '../support/client.ts'
import { startDeskwatch, type Deskwatch } from '../support/deskwatch.ts'
import { readSnapshot, untilOrderEnds, untilRests } from '../support/desktops.ts'
import { diskOf, offerQemu } from '../support/fleets.ts'
import { hearQemuImg, type QemuFigures } from '../support/qemu-figures.ts'
import { until } from '../support/until.ts'
import { startWorker, type TestWorker } from '../support/worker.ts'

const missing = ['qemu-img', 'qemu-io', 'qemu-system-x86_64'].filter((name) => !findProgram(name))
if (missing.length) console.warn(`skipped: no real desktops without ${missing.join(', ')} on this machine`)

/** The disk is read through in half a minute, in steps far below a percent. */
const written = '240M'
const rate = '8M'

let deskwatch: Deskwatch
let fleet: { close: () => Promise<void> }
let worker: TestWorker
let browser: Browser
let admin: Client
let figures: QemuFigures
let bin: string

beforeAll(async () => {
  if (missing.length) return
  bin = await mkdtemp(join(tmpdir(), 'deskwatch-heard-'))
  figures = await hearQemuImg(bin)
  deskwatch = await startDeskwatch()
  fleet = await offerQemu(deskwatch.house.dir, rate)
  worker = await startWorker(deskwatch.house)
  browser = await openBrowser()
  admin = await deskwatch.signIn('admin@acme')
})
afterAll(async () => {
  figures?.stop()
  await browser?.close()
  await worker?.kill()
  await fleet?.close()
  await deskwatch?.stop()
  if (bin) await rm(bin, { recursive: true, force: true })
})

const rowOf = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name })
const listed = async (id: string) =>
  (await runTool('qemu-img', ['snapshot', '-U', '-l', diskOf(deskwatch.house.dir, 'qemu', id)])).output

/** The first answer that is one. */
async function settled<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  const found: T[] = []
  await until(what, async () => {
    const one = await look()
    if (one !== null) found.push(one)
    return one !== null
  })
  return must(found[0], what)
}

interface Picture {
  width: number
  /** Its most frequent colour. */
  ground: string
  /** How many pixels are of another. */
  drawn: number
  /** Of what is drawn, without the lines where the cursor blinks. */
  sum: string
}
/** The picture's pixels as the page shows them. */
async function picture(page: Page): Promise<Picture> {
  return page.getByRole('img', { name: 'What the console of REAL-1 shows' }).evaluate(async (shown) => {
    if (!(shown instanceof HTMLImageElement)) throw new Error('no picture')
    await shown.decode()
    const { naturalWidth: width, naturalHeight: height } = shown
    const context = new OffscreenCanvas(width, height).getContext('2d')
    if (!context) throw new Error('no canvas')
    context.drawImage(shown, 0, 0)
    const pixels = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer)
    const counts = new Map<number, number>()
    for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1)
    const [[ground, often] = [0, 0]] = [...counts].sort((a, b) => b[1] - a[1])
    const lineOf = (at: number) => Math.floor(at / width) % 16
    const still = pixels.map((pixel, at) => (lineOf(at) < 12 ? pixel : ground))
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', still))
    const channels = [ground & 255, (ground >> 8) & 255, (ground >> 16) & 255]
    return { width, ground: channels.join(' '), drawn: pixels.length - often, sum: digest.join('.') }
  })
}
/** What the tiny guest paints its text on. */
const blue = '0 0 168'

const points = 2
const latelyMs = 1_000
interface Sample {
  /** What qemu-img printed last. */
  qemu: number
  /** Of the step's figure and of its bar, whichever is further from it. */
  distance: number
  /** The same from the nearest of what it printed within the last second. */
  ofLately: number
}
const heard: { at: number; figure: number }[] = []

/** What the page shows of the step that reads the disk, beside what qemu-img printed last at that moment. */
async function sample(page: Page): Promise<Sample | null> {
  const [shown, qemu] = await Promise.all([
    page.evaluate(() => {
      const figure = document.querySelector('[data-percent]')?.getAttribute('data-percent')
      const bar = document.querySelectorAll<HTMLElement>('[role="progressbar"] i')[1]
      return [Number(figure), parseFloat(bar?.style.width ?? 'NaN')]
    }),
    figures.last(),
  ])
  if (qemu === null || qemu === 0 || qemu === 100) return null
  const at = performance.now()
  heard.push({ at, figure: qemu })
  const far = (from: number) => Math.max(...shown.map((one) => Math.abs(one - from)))
  const lately = heard.filter((one) => at - one.at <= latelyMs)
  return { qemu, distance: far(qemu), ofLately: Math.min(...lately.map(({ figure }) => far(figure))) }
}

/** What the open dialog asks for; answers what came of it. */
async function take(page: Page, name: string) {
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Name' }).fill(name)
  await dialog.getByRole('button', { name: 'Take snapshot' }).click()
  await dialog.waitFor({ state: 'detached' })
  const all = await admin.get('/snapshots?limit=10')
  const found = all.as<{ items: { id: string; name: string }[] }>().items.find((one) => one.name === name)
  return readSnapshot(admin, must(found, 'it is listed').id)
}

test.skipIf(missing.length > 0)(
  'a real desktop is started and seen, snapshotted running and off while the bar tells the truth, put back, and its snapshots are deleted from its disk',
  async () => {
    const answer = await admin.post('/desktops', { name: 'REAL-1', provider: 'qemu', diskGiB: 1 })
    const made = must(answer.as<{ results: OrderedResult[] }>().results[0], 'one was asked for')
    const { id } = made
    expect((await untilOrderEnds(admin, must(made.order, 'made by an order').id)).error).toBeNull()
    await untilRests(admin, id, 'off')
    const disk = diskOf(deskwatch.house.dir, 'qemu', id)
    const { page, errors, close } = await openDesk(browser, deskwatch, 'operator@acme', '/desktops/real-1')

    const press = (name: string) => page.getByRole('button', { name, exact: false }).first().click()
    await press('Power on')
    await untilRests(admin, id, 'offline')
    const seen = () =>
      settled('the picture shows the guest', async () => {
        await press('Refresh')
        const now = await picture(page)
        return now.ground === blue && now.drawn > 100 ? now : null
      })
    const first = await seen()
    expect(first.width).toBeGreaterThan(300)
    await press('Restart')
    await untilRests(admin, id, 'offline')
    // It counts its starts on the screen.
    await until('the picture shows the second start', async () => (await seen()).sum !== first.sum)

    await press('Create snapshot')
    const running = await take(page, 'while running')
    await untilOrderEnds(admin, running.order.id)
    expect(await listed(id)).toContain(running.ref)
    await untilRests(admin, id, 'offline')
    await press('Power off')
    await untilRests(admin, id, 'off')

    await runTool('qemu-io', ['-f', 'qcow2', '-c', `write -q -P 0x5a 1M ${written}`, disk])
    await figures.forget()
    await page.goto(`${deskwatch.origin}/snapshots`)
    await rowOf(page, 'while running').getByText('Crash-consistent').waitFor()
    await page.getByRole('button', { name: 'New snapshot' }).click()
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /REAL-1/ })
      .click()
    const off = await take(page, 'while off')
    await rowOf(page, 'while off').getByRole('link', { name: 'Its work orders' }).click()
    await rowOf(page, 'Create snapshot').click()
    // The page has heard of it: what it shows from now on is live.
    await page.locator('[data-percent]:not([data-percent="0"])').waitFor()
    const samples: Sample[] = []
    await until(
      'the order has ended',
      async () => {
        const one = await sample(page)
        if (one) samples.push(one)
        return page.getByText('Completed').first().isVisible()
      },
      60,
    )
    const near = samples.filter(({ distance }) => distance <= points)
    const furthest = Math.max(...samples.map(({ distance }) => distance)).toFixed(2)
    console.info(`${samples.length} samples, ${near.length} within ${points} points, the furthest by ${furthest}`)
    expect(new Set(near.map(({ qemu }) => qemu)).size).toBeGreaterThanOrEqual(20)
    // A page that has to wait for a busy machine shows what was true a moment before, and nothing else.
    for (const one of samples) expect(one.ofLately, JSON.stringify(one)).toBeLessThanOrEqual(points)

    await untilRests(admin, id, 'off')
    await page.goto(`${deskwatch.origin}/snapshots`)
    await rowOf(page, 'while off').getByText('Clean').waitFor()
    for (const { ref } of [running, off]) expect(await listed(id)).toContain(ref)
    await rowOf(page, 'while running').click()
    const detail = page.getByRole('complementary', { name: 'Details' })
    await detail.getByRole('button', { name: 'Restore' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Restore and lose what came since' }).click()
    await detail.getByText('Last restored').waitFor()
    const pattern = await runTool('qemu-io', ['-f', 'qcow2', '-c', 'read -P 0x5a 1M 1M', disk], { answers: [0, 1] })
    expect(`${pattern.output}${pattern.errors}`).toContain('Pattern verification failed')

    await untilRests(admin, id, 'off')
    for (const name of ['while running', 'while off'])
      await rowOf(page, name).getByRole('checkbox').check({ force: true })
    await page.getByRole('toolbar').getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete 2 snapshots' }).click()
    await until('the disk has none', async () => (await listed(id)).trim() === '')
    await page.getByRole('heading', { name: 'This snapshot is gone' }).waitFor()
    // A picture asked for while the machine starts anew is refused.
    expect(errors.filter((line) => !line.includes('status of 409'))).toEqual([])
    await close()
  },
)
