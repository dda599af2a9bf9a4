/**
 * The phone as a stranger measures it: Lighthouse's mobile profile (a slow processor on a slow network) on the built app,
 * signed in, with alarms standing; the median of several runs. Lighthouse comes from npm into a folder of the cache.
 */
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import * as z from 'zod'
import { freePort } from '../../scripts/stores/child.mjs'
import { cacheDir, run } from '../../scripts/stores/machine.mjs'
import { must } from '../../server/core/must.ts'
import { browserArgs, browserPath } from '../support/browser.ts'
import { Client } from '../support/client.ts'
import { Installation } from './kills/installation.ts'
import { password, preload } from './kills/preload.ts'

const version = '13.5.0'
const least = { performance: 0.9, accessibility: 0.95 }
const standing = 300

const Score = z.object({ score: z.number() })
const Audit = z.object({
  title: z.string(),
  score: z.number().nullable(),
  numericValue: z.number().optional(),
  displayValue: z.string().optional(),
})
const Report = z.object({
  /** How fast the machine was just then, by Lighthouse's own small test: of a quiet one of today 2,000 and more. */
  environment: z.object({ benchmarkIndex: z.number() }),
  categories: z.object({
    performance: Score,
    accessibility: Score.extend({ auditRefs: z.array(z.object({ id: z.string() })) }),
  }),
  audits: z.record(z.string(), Audit),
})
const Requests = z.object({
  audits: z.object({
    'network-requests': z.object({
      details: z.object({
        items: z.array(z.object({ resourceType: z.string().optional(), transferSize: z.number().optional() })),
      }),
    }),
  }),
})
type Figures = ReturnType<typeof figuresOf>

export async function lighthouseRun(runs: number, say: (line: string) => void): Promise<boolean> {
  const program = await installed(say)
  const made = await Installation.stores()
  try {
    await preload(made, standing)
    const { url } = await made.addNode()
    const operator = await Client.signedIn(url, 'operator@acme', password)
    const { items } = (await operator.get('/alarms?limit=1')).as<{ items: { id: string }[] }>()
    const alarm = must(items[0], 'an alarm stands').id
    let good = true
    for (const path of ['/triage', `/triage?open=${alarm}`])
      good = (await measure({ program, url, path, operator, runs, dir: made.dir, say })) && good
    return good
  } finally {
    await made.end()
  }
}

interface Measuring {
  program: string
  url: string
  path: string
  operator: Client
  runs: number
  dir: string
  say: (line: string) => void
}

async function measure({ program, url, path, operator, runs, dir, say }: Measuring): Promise<boolean> {
  const found: Figures[] = []
  for (let at = 0; at < runs; at++) {
    const report = () => reportOf(program, url, path, operator, join(dir, 'lighthouse.json'))
    // Beside other work the browser's trace begins too late now and then: that is no measurement, and is made again.
    found.push(figuresOf(await report().catch(report)))
    say(`${path.split('=')[0]} ${JSON.stringify(found.at(-1))}`)
  }
  const names = [
    'performance',
    'accessibility',
    'lcpMs',
    'fcpMs',
    'tbtMs',
    'cls',
    'scriptKb',
    'allKb',
    'requests',
  ] as const
  const median = Object.fromEntries(names.map((name) => [name, middle(found.map((figures) => figures[name]))]))
  const load = loadavg()[0]?.toFixed(1)
  say(JSON.stringify({ page: path.split('=')[0], runs, ...median, load, processors: cpus().length }))
  return (median['performance'] ?? 0) >= least.performance && (median['accessibility'] ?? 0) >= least.accessibility
}

/** A browser of its own each time: nothing is there yet but the session. */
async function reportOf(program: string, url: string, path: string, operator: Client, out: string): Promise<unknown> {
  const profile = await mkdtemp(join(tmpdir(), 'deskwatch-lighthouse-'))
  const port = await freePort()
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: browserPath,
    args: [...browserArgs, `--remote-debugging-port=${port}`],
  })
  try {
    const [name = '', value = ''] = must(operator.cookie, 'signed in').split('=')
    await browser.addCookies([{ name, value, url, httpOnly: true, sameSite: 'Strict' }])
    const categories = `--only-categories=${Object.keys(least).join(',')}`
    const output = ['--output=json', `--output-path=${out}`, '--quiet', '--no-enable-error-reporting']
    await run(process.execPath, [program, `${url}${path}`, `--port=${port}`, categories, ...output])
    return JSON.parse(await readFile(out, 'utf8'))
  } finally {
    await browser.close()
    // It may still be writing there.
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

function figuresOf(report: unknown) {
  const { environment, categories, audits } = Report.parse(report)
  const requests = Requests.parse(report).audits['network-requests'].details.items
  const of = (id: string) => must(audits[id]?.numericValue, `lighthouse measures ${id}`)
  const kb = (type?: string) =>
    requests
      .filter(({ resourceType }) => type === undefined || resourceType === type)
      .reduce((sum, { transferSize = 0 }) => sum + transferSize, 0) / 1024
  return {
    performance: categories.performance.score,
    accessibility: categories.accessibility.score,
    fcpMs: Math.round(of('first-contentful-paint')),
    lcpMs: Math.round(of('largest-contentful-paint')),
    tbtMs: Math.round(of('total-blocking-time')),
    cls: Number(of('cumulative-layout-shift').toFixed(3)),
    scriptKb: Math.round(kb('Script')),
    allKb: Math.round(kb()),
    requests: requests.length,
    machine: Math.round(environment.benchmarkIndex),
    inaccessible: categories.accessibility.auditRefs
      .filter(({ id }) => audits[id]?.score === 0)
      .map(({ id }) => must(audits[id], 'of this report').title),
  }
}

function middle(values: number[]): number {
  const inOrder = values.toSorted((a, b) => a - b)
  return must(inOrder[Math.floor(inOrder.length / 2)], 'at least one run')
}

async function installed(say: (line: string) => void): Promise<string> {
  const folder = join(cacheDir, `lighthouse-${version}`)
  const program = join(folder, 'node_modules/lighthouse/cli/index.js')
  if (existsSync(program)) return program
  say(`installing lighthouse ${version} …`)
  await run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', `lighthouse@${version}`])
  return program
}
