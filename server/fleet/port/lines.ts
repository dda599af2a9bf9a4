/** JSON objects, one a line, over a socket. */
import type { Socket } from 'node:net'

const longestLine = 16 * 2 ** 20

export function onLines(socket: Socket, take: (value: unknown) => void): void {
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > longestLine) return void socket.destroy(new Error('a line that does not end'))
    for (const line of lines) {
      let value: unknown
      try {
        value = JSON.parse(line)
      } catch (error) {
        return void socket.destroy(error instanceof Error ? error : new Error('no JSON'))
      }
      take(value)
    }
  })
}

export function writeLine(socket: Socket, value: unknown): void {
  if (socket.writable) socket.write(`${JSON.stringify(value)}\n`)
}
