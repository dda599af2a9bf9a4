/**
 * The tiny guest: one boot sector. It counts its starts on its disk, says `READY <name> boot <n> patch <version>` on its
 * screen and its serial line, echoes what it hears there, and goes off when its power button is pressed. It sleeps in
 * between: a timer tick, 18 times a second, or a byte on the line wakes it.
 */
import { Assembly } from './assembler.ts'

/** Patch level of this guest, as it reports it itself. */
export const guestPatch = '1.31.0'
/** Where QEMU's firmware interface hands it the name; `opt/` is for users like us. */
export const nameKey = 'opt/deskwatch/name'

const origin = 0x7c00
const sectorBytes = 512
const memory = { drive: 0x7e00, count: 0x8000, entry: 0x8200, name: 0x8300 } as const
const serial = { data: 0x3f8, interrupts: 0x3f9, fifo: 0x3fa, modem: 0x3fc, status: 0x3fd } as const
const firmware = { select: 0x510, directory: 0x19, entryBytes: 64 } as const
const power = { status: 0x600, enable: 0x602, control: 0x604, sleepS5: 0x2000 } as const
const whiteOnBlue = 0x1f

export function guestBootSector({ deaf = false } = {}): Buffer {
  const code = new Assembly(origin)
  begin(code)
  readName(code)
  countStart(code)
  sayReady(code, deaf)
  wait(code)
  routines(code)
  const bytes = code.bytes()
  if (bytes.length > sectorBytes - 2) throw new Error(`${bytes.length} bytes do not fit into a boot sector`)
  const sector = Buffer.alloc(sectorBytes)
  bytes.copy(sector)
  sector.writeUInt16BE(0x55aa, sectorBytes - 2)
  return sector
}

function begin(code: Assembly): void {
  code.do('cli', 'cld').clear('ax').movSegment('ds', 'ax').movSegment('es', 'ax').movSegment('ss', 'ax')
  code.mov('sp', origin).do('sti').at('save dl', memory.drive)
  // Text screen of 80 × 25, painted, the cursor near its middle.
  code.mov('ax', 0x0003).int(0x10)
  code.mov('ax', 0x0600).mov('bh', whiteOnBlue).clear('cx').mov('dx', 0x184f).int(0x10)
  code.mov('ah', 2).mov('bh', 0).mov('dx', 0x0a10).int(0x10)
  // The serial line with its buffer, and interrupt 4 let through: a byte ends the sleep.
  for (const [port, value] of [
    [serial.fifo, 1],
    [serial.interrupts, 1],
    [serial.modem, 0x0b],
  ] as const)
    code.mov('dx', port).mov('al', value).do('out dx, al')
  code.inPort(0x21).withByte('and al,', 0xef).outPort(0x21)
}

/** Walks the directory of the firmware interface; without our entry the name stays empty. */
function readName(code: Assembly): void {
  code.mov('di', memory.name).mov('al', 0).do('mov [di], al')
  code.mov('dx', firmware.select).mov('ax', firmware.directory).do('out dx, ax', 'inc dx')
  // Number of entries, four bytes, the greatest first.
  code.do('in al, dx', 'in al, dx', 'in al, dx', 'in al, dx').mov('ah', 0).mov('bx', 0).push('ax').pop('cx')
  code.label('entry').push('cx')
  code.mov('di', memory.entry).mov('cx', firmware.entryBytes).do('rep insb')
  code
    .mov('si', 'key')
    .mov('di', memory.entry + 8)
    .mov('cx', nameKey.length)
    .do('repe cmpsb')
  code.pop('cx').jump('jz', 'found').jump('loop', 'entry').jump('jmp', 'named')
  code.label('found')
  code.at('mov ax,', memory.entry + 4).do('xchg al, ah', 'dec dx', 'out dx, ax', 'inc dx')
  code
    .mov('ch', 0)
    .at('mov cl,', memory.entry + 3)
    .mov('di', memory.name)
    .do('rep insb')
    .mov('al', 0)
    .do('mov [di], al')
  code.label('named')
}

/** In the disk's second sector: so that starting is seen in what was written, and going back in the count. */
function countStart(code: Assembly): void {
  const sector = (act: number) =>
    code.mov('ax', act).mov('cx', 2).mov('dh', 0).at('mov dl,', memory.drive).mov('bx', memory.count).int(0x13)
  sector(0x0201)
  code.at('inc word', memory.count)
  sector(0x0301)
}

function sayReady(code: Assembly, deaf: boolean): void {
  // Without this bit the machine tells the guest nothing of its button.
  if (!deaf) code.mov('dx', power.enable).mov('ax', 0x0100).do('out dx, ax')
  const say = (what: string | number) => code.mov('si', what).call('say')
  say('ready')
  say(memory.name)
  say('boot')
  code.at('mov ax,', memory.count).call('number')
  say('patch')
}

function wait(code: Assembly): void {
  // No interrupt between the look and the sleep, so that none is slept through.
  code.label('wait').do('cli')
  code.mov('dx', power.status).do('in ax, dx').withByte('test ah,', 1).jump('jnz', 'off')
  code.mov('dx', serial.status).do('in al, dx').withByte('test al,', 1).jump('jz', 'sleep')
  code.mov('dx', serial.data).do('in al, dx', 'sti').call('send').jump('jmp', 'wait')
  code.label('sleep').do('sti', 'hlt').jump('jmp', 'wait')
  code.label('off').mov('dx', power.control).mov('ax', power.sleepS5).do('out dx, ax').jump('jmp', 'sleep')
}

function routines(code: Assembly): void {
  code.label('say').do('lodsb', 'test al, al').jump('jz', 'said').call('put').jump('jmp', 'say')
  code.label('number').clear('dx').mov('bx', 10).do('div bx').push('dx')
  code.do('test ax, ax').jump('jz', 'digit').call('number')
  code.label('digit').pop('ax').withByte('add al,', 0x30)
  // On the line and on the screen.
  code.label('put').call('send').do('pusha').mov('ah', 0x0e).mov('bx', 0).int(0x10).do('popa', 'ret')
  // On the line alone, so that what is asked over it does not write over the screen.
  code.label('send').push('dx').push('ax')
  code.mov('dx', serial.status).label('full').do('in al, dx').withByte('test al,', 0x20).jump('jz', 'full')
  code.pop('ax').mov('dx', serial.data).do('out dx, al').pop('dx')
  code.label('said').do('ret')
  code.label('key').text(nameKey)
  code.label('ready').text('READY \0').label('boot').text(' boot \0').label('patch').text(` patch ${guestPatch}\r\n\0`)
}
