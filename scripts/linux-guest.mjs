import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { say } from './launch/progress.mjs'
import { cacheDir, run, which } from './stores/machine.mjs'

/**
 * `node scripts/linux-guest.mjs`: a Linux for real desktops, made of two Debian packages (a kernel for virtual machines
 * and a static busybox) and `linux-guest/init`. Once made it is the built-in image `linux` of the qemu provider.
 */

const KERNEL = 'linux-image-cloud-amd64'
const BUSYBOX = 'busybox-static'
/** Those it needs, in the order they are loaded. */
const MODULES = [
  'drivers/virtio/virtio_ring.ko',
  'drivers/virtio/virtio.ko',
  'drivers/virtio/virtio_pci_legacy_dev.ko',
  'drivers/virtio/virtio_pci_modern_dev.ko',
  'drivers/virtio/virtio_pci.ko',
  'drivers/block/virtio_blk.ko',
  'drivers/acpi/button.ko',
  'drivers/input/evdev.ko',
  'drivers/firmware/qemu_fw_cfg.ko',
]
const init = fileURLToPath(new URL('linux-guest/init', import.meta.url))

/** @returns {Promise<string>} the folder with `vmlinuz` and `initrd` */
export async function buildLinuxGuest() {
  const recipe = createHash('sha256').update(readFileSync(init)).update(MODULES.join()).digest('hex').slice(0, 12)
  const made = join(cacheDir, 'linux-guest')
  const stamp = join(made, 'recipe')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === recipe) return made
  if (!['apt-get', 'dpkg-deb'].every((name) => which(name)))
    throw new Error('it is made of Debian packages: needs apt-get and dpkg-deb')
  const started = Date.now()
  await mkdir(cacheDir, { recursive: true })
  const work = await mkdtemp(join(cacheDir, 'linux-guest-'))
  try {
    const kernel = /Depends: (linux-image-\S+)/.exec(await run('apt-cache', ['depends', KERNEL]))?.[1]
    if (!kernel) throw new Error(`apt knows no ${KERNEL}: apt-get update first`)
    await run('apt-get', ['download', kernel, BUSYBOX], { cwd: work })
    const parts = join(work, 'parts')
    for (const file of (await readdir(work)).filter((name) => name.endsWith('.deb')))
      await run('dpkg-deb', ['-x', join(work, file), parts])
    const out = join(work, 'out')
    await mkdir(out)
    const [image = ''] = (await readdir(join(parts, 'boot'))).filter((name) => name.startsWith('vmlinuz'))
    await cp(join(parts, 'boot', image), join(out, 'vmlinuz'))
    await writeFile(join(out, 'initrd'), await initrd(parts))
    await writeFile(join(out, 'recipe'), recipe)
    await rm(made, { recursive: true, force: true })
    await rename(out, made)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  say(`linux guest: ${((Date.now() - started) / 1000).toFixed(1)} s`)
  return made
}

/** @param {string} parts the unpacked packages */
async function initrd(parts) {
  const [release = ''] = await readdir(join(parts, 'lib/modules'))
  const folders = ['bin', 'dev', 'etc', 'mod', 'proc', 'run', 'sys'].map((name) =>
    entry(name, 0o040755, Buffer.alloc(0)),
  )
  const modules = MODULES.map(async (path, n) => {
    const name = `mod/${n}-${path.split('/').at(-1)}`
    return entry(name, 0o100644, await readFile(join(parts, 'lib/modules', release, 'kernel', path)))
  })
  return gzipSync(
    Buffer.concat([
      ...folders,
      entry('init', 0o100755, await readFile(init)),
      entry('bin/busybox', 0o100755, await readFile(join(parts, 'bin/busybox'))),
      ...(await Promise.all(modules)),
      entry('TRAILER!!!', 0, Buffer.alloc(0)),
    ]),
  )
}

let inode = 1
/** One file of a cpio archive as the kernel reads it ("newc"). @param {string} name @param {number} mode @param {Buffer} data */
function entry(name, mode, data) {
  const fields = [inode++, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length + 1, 0]
  const head = `070701${fields.map((value) => value.toString(16).padStart(8, '0')).join('')}${name}\0`
  return Buffer.concat([padded(Buffer.from(head)), padded(data)])
}

/** @param {Buffer} bytes */
const padded = (bytes) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await buildLinuxGuest())
