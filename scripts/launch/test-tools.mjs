import { existsSync } from 'node:fs'
import { aptInstall, canApt, which } from '../stores/machine.mjs'
import { prepareEmbedded } from '../stores/embedded-mongo.mjs'

/** The programs the tests work with: real ones, found or brought. */

const CHROMIUM = ['chromium', 'chromium-browser', 'google-chrome']
const CJK_FONTS = ['/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc', '/usr/share/fonts/noto-cjk']

/** @type {{ packages: string[], isThere: () => boolean }[]} */
const TOOLS = [
  { packages: ['redis-server'], isThere: () => which('redis-server') !== undefined },
  { packages: ['default-jdk-headless', 'maven'], isThere: () => hasMongo() },
  { packages: ['chromium'], isThere: () => CHROMIUM.some((name) => which(name)) },
  { packages: ['fonts-noto-cjk'], isThere: () => CJK_FONTS.some((path) => existsSync(path)) },
  { packages: ['qemu-utils'], isThere: () => which('qemu-img') !== undefined },
  { packages: ['qemu-system-x86'], isThere: () => which('qemu-system-x86_64') !== undefined },
  { packages: ['prometheus'], isThere: () => which('prometheus') !== undefined },
  { packages: ['prometheus-alertmanager'], isThere: () => which('prometheus-alertmanager') !== undefined },
]

const hasMongo = () => ['java', 'javac', 'mvn'].every((name) => which(name))

/**
 * @param {import('../stores/machine.mjs').Say} say
 * @returns {Promise<Record<string, string>>} where the tests find what they cannot find on PATH
 */
export async function bringTestTools(say) {
  const missing = () => TOOLS.filter((tool) => !tool.isThere()).flatMap((tool) => tool.packages)
  if (missing().length > 0 && canApt()) await aptInstall(missing(), say)
  if (missing().length > 0) {
    throw new Error(
      `The tests need programs that are not here and cannot be installed by this user: ${missing().join(', ')} (Debian's names).`,
    )
  }
  await prepareEmbedded(say)
  return { CHROMIUM: CHROMIUM.map(which).find((path) => path !== undefined) ?? '' }
}
