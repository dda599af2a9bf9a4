import { createServer, connect } from 'node:net'

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

/** @param {ChildProcess} child */
export const hasEnded = (child) => child.exitCode !== null || child.signalCode !== null

/** @param {ChildProcess} child @returns {Promise<void>} */
export const ended = (child) =>
  hasEnded(child) ? Promise.resolve() : new Promise((resolve) => child.once('exit', () => resolve()))

/**
 * Asks a process to end, and insists after a while.
 * @param {ChildProcess} child
 * @param {number} [patienceMs]
 */
export async function stop(child, patienceMs = 15_000) {
  if (hasEnded(child)) return
  const insist = setTimeout(() => child.kill('SIGKILL'), patienceMs)
  child.kill('SIGTERM')
  await ended(child)
  clearTimeout(insist)
}

/** @param {ChildProcess} child */
export async function kill(child) {
  child.kill('SIGKILL')
  await ended(child)
}

/**
 * Waits until `ready` answers true; ends early, with what the process wrote, when it dies.
 * @param {ChildProcess} child
 * @param {string} name
 * @param {() => Promise<boolean>} ready
 * @param {() => string} output
 * @param {number} [withinMs]
 */
export async function untilReady(child, name, ready, output, withinMs = 60_000) {
  const deadline = Date.now() + withinMs
  while (!(await ready())) {
    if (hasEnded(child))
      throw new Error(`${name} ended while starting (${child.exitCode ?? child.signalCode}): ${output()}`)
    if (Date.now() > deadline) throw new Error(`${name} is not ready after ${withinMs} ms: ${output()}`)
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
}

/**
 * Collects the last lines a process writes.
 * @param {ChildProcess} child
 * @returns {() => string}
 */
export function lastOutput(child) {
  let text = ''
  const keep = (/** @type {Buffer} */ chunk) => {
    text = (text + chunk.toString()).slice(-4000)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  return () => text
}

/** @returns {Promise<number>} a port that is free at this moment on the loopback address */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

/**
 * One question over TCP, answered by the first bytes that come back; undefined when nobody answers.
 * @param {number} port
 * @param {string} question empty: a connection is answer enough
 * @returns {Promise<string | undefined>}
 */
export function ask(port, question) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const done = (/** @type {string | undefined} */ answer) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(1000, () => done(undefined))
    socket.once('error', () => done(undefined))
    socket.once('connect', () => (question === '' ? done('') : socket.write(question)))
    socket.once('data', (bytes) => done(bytes.toString()))
  })
}
