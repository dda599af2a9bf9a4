import { readFileSync } from 'node:fs'
import { isAlive } from './data-dir.mjs'

/**
 * Calls `end` on Ctrl-C, on SIGTERM, and when the npm that started us is gone (npm does not pass SIGTERM on).
 * A second signal calls `endNow`.
 * @param {(why: string) => void} end
 * @param {() => void} endNow
 */
export function endWithUs(end, endNow) {
  let asked = false
  const ask = (/** @type {string} */ why) => {
    if (asked) endNow()
    else end(why)
    asked = true
  }
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => ask(signal))
  if (process.env['npm_lifecycle_event'] === undefined) return
  const ancestors = npmAndShell()
  const watch = setInterval(() => {
    if (ancestors.every(isAlive)) return
    clearInterval(watch)
    if (!asked) ask('npm has ended')
  }, 300)
  watch.unref()
}

/** npm starts scripts through a shell, which may stand between us: both are watched. */
function npmAndShell() {
  const shell = process.ppid
  try {
    const [, name = '', parent = '0'] =
      /^\d+ \((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${shell}/stat`, 'utf8')) ?? []
    return /^(sh|dash|bash)$/.test(name) ? [shell, Number(parent)] : [shell]
  } catch {
    return [shell] // no /proc on this system
  }
}
