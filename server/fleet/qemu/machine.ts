/** The machine a desktop gets, as QEMU is told: nothing but a processor, a disk, a screen, a serial line, a power button. */
import { nameKey } from './guest-code.ts'
import type { MachineFiles } from './run-folder.ts'

export interface Machine {
  name: string
  disk: string
  vcpus: number
  memoryMiB: number
  /** Started from these instead of from the disk. */
  kernel: Kernel | null
}
export interface Kernel {
  vmlinuz: string
  initrd: string
}

/** In QEMU's lists a comma within a value is written twice. */
const quoted = (value: string) => value.replaceAll(',', ',,')
/** The firmware's and the guest's screen knows ASCII only. */
const shown = (name: string) => name.replace(/[^\x20-\x7e]/g, '?').slice(0, 60)

/** A disk that is full stops the guest until there is room; one that cannot be read is the guest's to hear of. */
const errors = 'werror=enospc,rerror=report'
const fromKernel = ({ vmlinuz, initrd }: Kernel) => [
  ...['-kernel', vmlinuz, '-initrd', initrd, '-append', 'console=ttyS0 quiet panic=-1'],
  ...['-device', `virtio-blk-pci,drive=disk0,${errors}`],
]

export function machineArguments({ name, disk, vcpus, memoryMiB, kernel }: Machine, files: MachineFiles): string[] {
  return [
    ...['-no-user-config', '-nodefaults', '-S', '-no-reboot'],
    // Translated, not accelerated: the same on every machine, with or without /dev/kvm.
    ...['-machine', 'pc', '-accel', 'tcg,thread=single,tb-size=32'],
    ...['-smp', String(vcpus), '-m', String(memoryMiB)],
    ...['-name', quoted(shown(name)), '-pidfile', files.pid],
    ...['-display', 'none', '-vga', 'std'],
    ...['-blockdev', JSON.stringify({ driver: 'file', 'node-name': 'file0', filename: disk, discard: 'unmap' })],
    // An image that asks for another file gets none.
    ...['-blockdev', JSON.stringify({ driver: 'qcow2', 'node-name': 'disk0', file: 'file0', backing: null })],
    ...(kernel ? fromKernel(kernel) : ['-device', `ide-hd,drive=disk0,bootindex=0,${errors}`]),
    ...['-chardev', `socket,id=line0,path=${quoted(files.serial)},server=on,wait=off,logfile=${quoted(files.said)}`],
    ...['-serial', 'chardev:line0'],
    ...['-qmp', `unix:${quoted(files.qmp)},server=on,wait=off`],
    ...['-fw_cfg', `name=${nameKey},string=${quoted(shown(name))}`],
    ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
  ]
}
