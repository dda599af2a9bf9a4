/** SIGTERM and SIGINT: finish what was begun, then exit 0; a second signal or a drain that hangs ends at once. */
import type { Logger } from 'pino'

export function drainOnSignal(logger: Logger, mostMs: number, drain: () => Promise<void>): void {
  let begun = false
  const end = (signal: string) => {
    if (begun) {
      logger.warn({ signal }, 'asked twice to end: ending at once')
      process.exit(1)
    }
    begun = true
    logger.info({ signal }, 'draining')
    const late = setTimeout(() => {
      logger.error('the drain took too long: ending; what is open is redone by the next node')
      process.exit(1)
    }, mostMs)
    drain().then(
      () => {
        clearTimeout(late)
        logger.info('ended')
        process.exit(0)
      },
      (error: unknown) => {
        logger.error({ err: error }, 'the drain failed')
        process.exit(1)
      },
    )
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => end(signal))
}
