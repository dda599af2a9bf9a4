import { aptInstall, canApt, which } from '../stores/machine.mjs'
import { reasonOf } from './progress.mjs'

/** The programs of the qemu provider; the product runs without them and says so. */
const PROGRAMS = { 'qemu-img': 'qemu-utils', 'qemu-system-x86_64': 'qemu-system-x86', setpriv: 'util-linux' }

/** @param {import('../stores/machine.mjs').Say} say @returns {Promise<string | null>} why there are none; null: they are there */
export async function whyNoQemu(say) {
  const missing = () => Object.entries(PROGRAMS).filter(([name]) => !which(name))
  if (process.platform !== 'linux') return 'it needs Linux'
  if (missing().length === 0) return null
  const packages = missing().map(([, packageName]) => packageName)
  if (!canApt())
    return `${missing()
      .map(([name]) => name)
      .join(' and ')} not on PATH (Debian: ${packages.join(' ')})`
  try {
    await aptInstall(packages, say)
  } catch (error) {
    return `apt-get install ${packages.join(' ')} failed: ${reasonOf(error)}`
  }
  return missing().length === 0
    ? null
    : `${missing()
        .map(([name]) => name)
        .join(' and ')} still not on PATH`
}
