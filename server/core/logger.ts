/** Structured logs; secrets never reach them. */
import { pino, type Logger } from 'pino'

export function createLogger(level: string, name: string): Logger {
  return pino({
    level,
    name,
    redact: {
      paths: [
        '*.password',
        '*.token',
        '*.secret',
        '*.code',
        '*.authorization',
        '*.cookie',
        'req.headers.authorization',
        'req.headers.cookie',
      ],
      censor: '(hidden)',
    },
  })
}
