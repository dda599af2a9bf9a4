/** Baseline: what a bare `ws` server costs. Each entry of its stream is one message, prepared once, sent to everybody. */
import { WebSocketServer } from 'ws'
import { followStream, sayListening } from './stream.ts'

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
server.once('listening', () => sayListening(server.address()))
await followStream((text) => {
  const message = Buffer.from(text)
  for (const client of server.clients) client.send(message, { binary: false })
})
