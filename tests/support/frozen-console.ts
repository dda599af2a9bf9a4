/** A console in a process of its own, which a test may freeze: its socket stays open and says nothing any more. */
import { connectConsole, connected } from './console.ts'
import { Client } from './client.ts'

const [url = '', cookie = '', item = ''] = process.argv.slice(2)
const socket = connectConsole(url, new Client(url, cookie))
await connected(socket)
await socket.timeout(5_000).emitWithAck('sub', { view: 'alarms', cursor: null })
socket.emit('presence', { view: 'alarms', item, act: 'editing' })
process.stdout.write('here\n')
