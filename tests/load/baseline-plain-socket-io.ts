/** Baseline: what Socket.IO as it comes costs. Each entry of its stream is one event, emitted to everybody. */
import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { followStream, sayListening } from './stream.ts'

const http = createServer()
const io = new Server(http, { serveClient: false })
http.listen(0, '127.0.0.1', () => sayListening(http.address()))
await followStream((text) => io.emit('f', JSON.parse(text)))
