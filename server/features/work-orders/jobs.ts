/** What the workers need of the room: decisions, documents, locks, logs and the way into the past. */
export { advanced, failed, givenBack, isHeldBy, letGo, succeeded, taken, withStep } from './decide.ts'
export { forgetDay } from './history.ts'
export { lock, unlock } from './locks.ts'
export { chunkBytes, forgetLogs, mostLogBytes, readLog, writeChunk } from './logs.ts'
export { LogChunks, OrderDocs, orderId, type Holder, type Made, type OrderDoc, type StoredStep } from './model.ts'
export { changeOrder, readOrder } from './service.ts'
export { readSigns } from './signs.ts'
