/** Metrics of the process in Prometheus' format, served at /metrics. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

export type Metrics = ReturnType<typeof createMetrics>

export function createMetrics() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'deskwatch_' })
  const registers = [registry]
  return {
    registry,
    requests: new Histogram({
      name: 'deskwatch_http_request_seconds',
      help: 'Time to answer by route and status',
      labelNames: ['route', 'status'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    }),
    reportsAccepted: new Counter({
      name: 'deskwatch_reports_accepted_total',
      help: 'Reports durably accepted',
      labelNames: ['source'],
      registers,
    }),
    reportsRefused: new Counter({
      name: 'deskwatch_reports_refused_total',
      help: 'Reports refused by overload (503)',
      registers,
    }),
    reportsFolded: new Counter({
      name: 'deskwatch_reports_folded_total',
      help: 'Reports folded into alarms',
      registers,
    }),
    reportsSetAside: new Counter({
      name: 'deskwatch_reports_set_aside_total',
      help: 'Accepted reports that could not be folded and are kept apart',
      registers,
    }),
    reportsWaiting: new Gauge({
      name: 'deskwatch_reports_waiting',
      help: 'Accepted reports not folded yet',
      registers,
    }),
    logEntries: new Counter({
      name: 'deskwatch_log_entries_total',
      help: 'Entries read from the change log',
      registers,
    }),
    logGaps: new Counter({
      name: 'deskwatch_log_gaps_total',
      help: 'Gaps and new epochs that made this node reload its views',
      registers,
    }),
    unpublished: new Gauge({
      name: 'deskwatch_log_unpublished',
      help: 'Committed documents that wait to be published',
      registers,
    }),
    sockets: new Gauge({ name: 'deskwatch_sockets', help: 'Connected console sockets', registers }),
    agents: new Gauge({ name: 'deskwatch_agents', help: 'Connected desktop agents', registers }),
    frames: new Counter({ name: 'deskwatch_frames_total', help: 'Frames sent to rooms', registers }),
    lagging: new Gauge({
      name: 'deskwatch_sockets_lagging',
      help: 'Sockets that get only last values until they drain',
      registers,
    }),
    deliveries: new Counter({
      name: 'deskwatch_deliveries_total',
      help: 'Attempts to deliver a notification by channel and outcome (sent, repeated, failed)',
      labelNames: ['channel', 'outcome'],
      registers,
    }),
    deliveriesWaiting: new Gauge({
      name: 'deskwatch_deliveries_waiting',
      help: 'Deliveries that are not settled, as this node knows them',
      registers,
    }),
    sampleMinutes: new Counter({
      name: 'deskwatch_sample_minutes_total',
      help: 'Minutes of resource samples written to disk',
      labelNames: ['subject'],
      registers,
    }),
    samplesHeld: new Gauge({
      name: 'deskwatch_samples_held',
      help: 'Desktops and hosts whose last hour of samples is in memory here',
      registers,
    }),
    orders: new Gauge({
      name: 'deskwatch_work_orders',
      help: 'Work orders in the live list by state',
      labelNames: ['state'],
      registers,
    }),
    ordersOldestWait: new Gauge({
      name: 'deskwatch_work_orders_oldest_wait_seconds',
      help: 'How long the oldest scheduled work order waits',
      registers,
    }),
    ordersInterrupted: new Counter({
      name: 'deskwatch_work_orders_interrupted_total',
      help: 'Work orders that lost their worker, as found by this node',
      registers,
    }),
    workerSlots: new Gauge({
      name: 'deskwatch_worker_slots',
      help: 'Work orders that all living workers can run at once',
      registers,
    }),
    leasesTaken: new Counter({ name: 'deskwatch_leases_taken_total', help: 'Leases taken from dead nodes', registers }),
  }
}
