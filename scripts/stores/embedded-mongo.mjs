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
 * @returns {Promise<{ java: string, options: string[] }>} the program and what stands before the name of its class
 */
export async function prepareEmbedded(say) {
  const java = await findJava(say)
  const files = (await readdir(source)).sort()
  const hash = createHash('sha256').update(java.version)
  for (const file of files) hash.update(file).update(await readFile(join(source, file)))
  const built = join(cacheDir, 'embedded-mongo', hash.digest('hex').slice(0, 16))
  if (!existsSync(built)) await build(built, files, say)
  const jars = (await readdir(join(built, 'jars'))).sort().map((jar) => join(built, 'jars', jar))
  const classpath = ['-cp', [join(built, 'launcher.jar'), ...jars].join(delimiter)]
  const archive = join(built, 'classes.jsa')
  if (!existsSync(archive)) await archiveClasses(java.path, classpath, archive, say)
  return {
    java: java.path,
    options: [...(existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`] : []), ...classpath],
  }
}

/** @param {import('./machine.mjs').Say} say */
async function findJava(say) {
  const present = await javaOnPath()
  if (present && hasTools()) return present
  if (canApt()) await aptInstall(['default-jdk-headless', 'maven'], say)
  const installed = await javaOnPath()
  if (installed && hasTools()) return installed
  throw new Error(`No MongoDB found. ${WAYS}`)
}

const hasTools = () => ['javac', 'jar', 'mvn'].every((name) => which(name))

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
  await run('jar', ['--create', '--file', join(work, 'launcher.jar'), '-C', join(work, 'classes'), '.'])
  await rename(work, target).catch(async (/** @type {NodeJS.ErrnoException} */ error) => {
    await rm(work, { recursive: true })
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error // another of us was first
  })
}

/**
 * Java keeps the classes of one start in a file that halves the time of the next ones; it holds for these paths only.
 * A Java that cannot do this starts all the same.
 * @param {string} java
 * @param {string[]} classpath
 * @param {string} archive
 * @param {import('./machine.mjs').Say} say
 */
async function archiveClasses(java, classpath, archive, say) {
  const dir = await mkdtemp(`${archive}.`)
  const written = join(dir, 'classes.jsa')
  try {
    await run(java, [`-XX:ArchiveClassesAtExit=${written}`, ...classpath, 'EmbeddedMongo', dir, '0', '--only-start'])
    await rename(written, archive)
  } catch (error) {
    say(
      `embedded MongoDB: its classes are not kept for the next start (${error instanceof Error ? error.message : error})`,
    )
  }
  await rm(dir, { recursive: true })
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
