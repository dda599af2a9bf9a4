import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, readdir, rename, rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { aptInstall, cacheDir, canApt, root, run, which } from './machine.mjs'

/**
 * The embedded MongoDB: jars by Maven's client, a short launcher of our own compiled once, both kept under the hash
 * of their sources.
 */

const source = join(root, 'scripts/embedded-mongo')
const OLDEST_JAVA = 17
const WAYS =
  'Give Deskwatch one of: MONGODB_URI of a server that runs; mongod on PATH; a JDK 17 or newer with Maven for the ' +
  'embedded database (Debian: apt-get install default-jdk-headless maven).'

/**
 * @param {import('./machine.mjs').Say} say
 * @returns {Promise<{ java: string, classpath: string }>}
 */
export async function prepareEmbedded(say) {
  const java = await findJava(say)
  const files = (await readdir(source)).sort()
  const hash = createHash('sha256').update(java.version)
  for (const file of files) hash.update(file).update(await readFile(join(source, file)))
  const built = join(cacheDir, 'embedded-mongo', hash.digest('hex').slice(0, 16))
  if (!existsSync(built)) await build(built, files, say)
  return { java: java.path, classpath: [join(built, 'classes'), join(built, 'jars/*')].join(delimiter) }
}

/** @param {import('./machine.mjs').Say} say */
async function findJava(say) {
  const present = await javaOnPath()
  if (present && which('javac') && which('mvn')) return present
  if (canApt()) await aptInstall(['default-jdk-headless', 'maven'], say)
  const installed = await javaOnPath()
  if (installed && which('javac') && which('mvn')) return installed
  throw new Error(`No MongoDB found. ${WAYS}`)
}

async function javaOnPath() {
  const path = which('java')
  if (!path) return undefined
  const version = /version "(\d+)/.exec(await run(path, ['-version']))?.[1] ?? '0'
  return Number(version) >= OLDEST_JAVA ? { path, version } : undefined
}

/**
 * Built beside its final place and moved there whole, so that two of us at once, or a crash, leave nothing half made.
 * @param {string} target
 * @param {string[]} files
 * @param {import('./machine.mjs').Say} say
 */
async function build(target, files, say) {
  say('embedded MongoDB: fetching its jars with Maven and compiling its launcher …')
  await mkdir(join(target, '..'), { recursive: true })
  const work = await mkdtemp(`${target}.`)
  const jars = join(work, 'jars')
  const pom = join(source, 'pom.xml')
  await run('mvn', ['-q', '-B', '-C', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${jars}`])
  await checkJars(jars)
  const sources = files.filter((file) => file.endsWith('.java')).map((file) => join(source, file))
  await run('javac', ['-cp', join(jars, '*'), '-d', join(work, 'classes'), ...sources])
  await rename(work, target).catch(async (/** @type {NodeJS.ErrnoException} */ error) => {
    await rm(work, { recursive: true })
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error // another of us was first
  })
}

/** @param {string} jars */
async function checkJars(jars) {
  const lines = (await readFile(join(source, 'jars.sha256'), 'utf8')).trim().split('\n')
  for (const [wanted, name] of lines.map((line) => line.split(/\s+/))) {
    const found = createHash('sha256')
      .update(await readFile(join(jars, name ?? '')))
      .digest('hex')
    if (found !== wanted) throw new Error(`${name} is not the file this project was tested with (sha256 ${found})`)
  }
}
