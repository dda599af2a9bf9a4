/** As much of an assembler for 16-bit x86 as the tiny guest needs: labels, and the few instructions that it uses. */
import { must } from '../../core/must.ts'

const words = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'] as const
const bytes = ['al', 'cl', 'dl', 'bl', 'ah', 'ch', 'dh', 'bh'] as const
const segments = ['es', 'cs', 'ss', 'ds'] as const
type Word = (typeof words)[number]
type Byte = (typeof bytes)[number]

/** Instructions without operands, and those of one fixed form. */
const plain = {
  cld: [0xfc],
  cli: [0xfa],
  sti: [0xfb],
  hlt: [0xf4],
  ret: [0xc3],
  lodsb: [0xac],
  pusha: [0x60],
  popa: [0x61],
  'rep insb': [0xf3, 0x6c],
  'repe cmpsb': [0xf3, 0xa6],
  'in al, dx': [0xec],
  'in ax, dx': [0xed],
  'out dx, al': [0xee],
  'out dx, ax': [0xef],
  'inc dx': [0x42],
  'dec dx': [0x4a],
  'xchg al, ah': [0x86, 0xe0],
  'div bx': [0xf7, 0xf3],
  'test ax, ax': [0x85, 0xc0],
  'test al, al': [0x84, 0xc0],
  'mov [di], al': [0x88, 0x05],
} as const
const withByte = { 'and al,': [0x24], 'add al,': [0x04], 'test al,': [0xa8], 'test ah,': [0xf6, 0xc4] } as const
/** Of one byte and an address. */
const withAddress = {
  'inc word': [0xff, 0x06],
  'mov ax,': [0xa1],
  'mov cl,': [0x8a, 0x0e],
  'mov dl,': [0x8a, 0x16],
  'save dl': [0x88, 0x16],
} as const
const jumps = { jmp: 0xeb, jz: 0x74, jnz: 0x75, loop: 0xe2 } as const

type Target = string | number

export class Assembly {
  readonly #origin: number
  readonly #code: number[] = []
  readonly #labels = new Map<string, number>()
  readonly #later: (() => void)[] = []

  constructor(origin: number) {
    this.#origin = origin
  }

  label(name: string): this {
    this.#labels.set(name, this.#code.length)
    return this
  }
  do(...names: (keyof typeof plain)[]): this {
    for (const name of names) this.#code.push(...plain[name])
    return this
  }
  withByte(name: keyof typeof withByte, value: number): this {
    this.#code.push(...withByte[name], value)
    return this
  }
  at(name: keyof typeof withAddress, address: number): this {
    this.#code.push(...withAddress[name], address & 0xff, address >> 8)
    return this
  }
  mov(to: Word | Byte, value: Target): this {
    const byte = bytes.findIndex((name) => name === to)
    if (byte >= 0 && typeof value === 'number') {
      this.#code.push(0xb0 + byte, value)
      return this
    }
    this.#code.push(0xb8 + words.findIndex((name) => name === to))
    this.#address(value)
    return this
  }
  movSegment(to: (typeof segments)[number], from: Word): this {
    this.#code.push(0x8e, 0xc0 | (segments.indexOf(to) << 3) | words.indexOf(from))
    return this
  }
  clear(register: Word): this {
    const at = words.indexOf(register)
    this.#code.push(0x31, 0xc0 | (at << 3) | at)
    return this
  }
  push(register: Word): this {
    this.#code.push(0x50 + words.indexOf(register))
    return this
  }
  pop(register: Word): this {
    this.#code.push(0x58 + words.indexOf(register))
    return this
  }
  int(number: number): this {
    this.#code.push(0xcd, number)
    return this
  }
  inPort(port: number): this {
    this.#code.push(0xe4, port)
    return this
  }
  outPort(port: number): this {
    this.#code.push(0xe6, port)
    return this
  }
  jump(how: keyof typeof jumps, to: string): this {
    const at = this.#code.push(jumps[how], 0)
    this.#later.push(() => {
      const distance = this.#find(to) - at
      if (distance < -128 || distance > 127) throw new Error(`${to} is too far for a short jump`)
      this.#code[at - 1] = distance & 0xff
    })
    return this
  }
  call(to: string): this {
    const at = this.#code.push(0xe8, 0, 0)
    this.#later.push(() => this.#put(at - 2, (this.#find(to) - at) & 0xffff))
    return this
  }
  text(value: string): this {
    this.#code.push(...Buffer.from(value, 'ascii'))
    return this
  }

  bytes(): Buffer {
    for (const fix of this.#later.splice(0)) fix()
    return Buffer.from(this.#code)
  }

  #address(value: Target): void {
    const at = this.#code.push(0, 0) - 2
    if (typeof value === 'number') this.#put(at, value)
    else this.#later.push(() => this.#put(at, this.#origin + this.#find(value)))
  }
  #put(at: number, value: number): void {
    this.#code[at] = value & 0xff
    this.#code[at + 1] = value >> 8
  }
  #find(label: string): number {
    return must(this.#labels.get(label), `the program has a label ${label}`)
  }
}
