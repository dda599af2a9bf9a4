/**
 * Loaded before a server (`--import`): writes down every database command whose filter is not exactly a unique index.
 * On the embedded database such a filter reads the whole collection and stalls its writers (S5).
 */
import { appendFileSync } from 'node:fs'
import mongoose from 'mongoose'

const file = process.env['COMMAND_MONITOR_FILE'] ?? ''
const handshake = new Set([
  'hello',
  'isMaster',
  'ismaster',
  'ping',
  'endSessions',
  'getMore',
  'killCursors',
  'insert',
  'createIndexes',
])
/** Beside `_id` and `_id, v`, which every collection has. */
const unique = new Set(['audit-events source'])

const createConnection = mongoose.createConnection.bind(mongoose)
Object.assign(mongoose, {
  createConnection(uri: string, options?: mongoose.ConnectOptions) {
    const connection = createConnection(uri, { ...options, monitorCommands: true })
    connection.once('connected', () => {
      connection.getClient().on('commandStarted', ({ commandName, command }) => note(commandName, command))
    })
    return connection
  },
})

interface Command extends Record<string, unknown> {
  filter?: object
  query?: object
  updates?: { q: object }[]
  deletes?: { q: object }[]
}

const seen = new Set<string>()

function note(name: string, command: Command): void {
  if (handshake.has(name)) return
  const noun = String(command[name])
  for (const filter of filtersOf(name, command)) {
    const shape = `${name} ${noun} ${filter ? Object.keys(filter).sort().join(',') : '?'}`
    const exact = filter !== null && isExact(noun, filter)
    // A scan is told each time, what is exact once.
    if (exact && seen.has(shape)) continue
    seen.add(shape)
    appendFileSync(file, `${JSON.stringify({ at: Date.now(), shape, exact })}\n`)
  }
}

function filtersOf(name: string, command: Command): (object | null)[] {
  if (name === 'find') return [command.filter ?? {}]
  if (name === 'findAndModify') return [command.query ?? {}]
  if (name === 'update') return (command.updates ?? []).map(({ q }) => q)
  if (name === 'delete') return (command.deletes ?? []).map(({ q }) => q)
  return [null]
}

function isExact(noun: string, filter: object): boolean {
  const fields = new Map<string, unknown>(Object.entries(filter))
  const keys = [...fields.keys()].sort().join(',')
  if (keys === '_id') return isValue(fields.get('_id')) || isList(fields.get('_id'))
  if (keys === '_id,v') return isValue(fields.get('_id')) && isValue(fields.get('v'))
  return unique.has(`${noun} ${keys}`) && isValue(fields.get(keys))
}

const isValue = (value: unknown) => typeof value !== 'object' || value === null
const isList = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).join() === '$in'
