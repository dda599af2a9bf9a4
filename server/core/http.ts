/** The HTTP door: one order for every request — who, may he, is it well formed — and problem+json for every error. */
import { randomUUID } from 'node:crypto'
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express'
import helmet from 'helmet'
import { errorCodes } from '#wire'
import type { Core } from './core.ts'
import type { Refusal } from './feature.ts'
import { hostileFields } from './hostile.ts'
import { inlineScriptHashes } from './web.ts'
import { Failure, languageOf, refused, toProblem } from './problems.ts'

/** Bodies of people's acts; intake has its own limit. */
const mostBody = '256kb'
export const mostIntakeBody = '5mb'

declare module 'express-serve-static-core' {
  interface Request {
    trace: string
  }
}

export function createApp(core: Core): Express {
  const app = express()
  app.disable('x-powered-by')
  app.set('trust proxy', core.config.TRUST_PROXY)
  app.set('query parser', 'simple')
  app.use((request, _response, next) => {
    request.trace = randomUUID()
    next()
  })
  app.use(
    helmet({
      contentSecurityPolicy: {
        directives: {
          defaultSrc: ["'self'"],
          scriptSrc: ["'self'", ...inlineScriptHashes()],
          styleSrc: ["'self'", "'unsafe-inline'"],
          imgSrc: ["'self'", 'data:'],
          connectSrc: ["'self'", 'ws:', 'wss:'],
          upgradeInsecureRequests: null,
        },
      },
      strictTransportSecurity: core.config.PUBLIC_ORIGIN?.startsWith('https:') ?? false,
    }),
  )
  return app
}

/** JSON bodies only, parsed after the caller is known to be worth it; hostile ones are refused as a whole. */
export function jsonBody(limit: string = mostBody): RequestHandler[] {
  return [...parseJson(limit), refuseHostile]
}

/** For doors that take a batch item by item: they look at each item for themselves. */
export function parseJson(limit: string): RequestHandler[] {
  return [isJson, express.json({ limit, strict: false, type: jsonTypes })]
}

const jsonTypes = ['application/json', '+json']

const isJson: RequestHandler = (request, _response, next) => {
  const length = Number(request.headers['content-length'] ?? 0)
  const hasBody = length > 0 || request.headers['transfer-encoding'] !== undefined
  const otherCharset = /charset\s*=\s*(?!"?utf-?8\b)/i.test(request.headers['content-type'] ?? '')
  if (hasBody && (otherCharset || !request.is(jsonTypes))) return next(new Failure(refused('request.media-type')))
  next()
}

const refuseHostile: RequestHandler = (request, _response, next) => {
  const errors = hostileFields(request.body)
  next(errors.length > 0 ? new Failure(refused('request.invalid', { errors })) : undefined)
}

const steps = jsonBody()

/** The same inside a handler, after the caller is known: who may not act makes nobody read and parse. */
export async function readJson(request: Request, response: Response): Promise<void> {
  for (const step of steps) {
    await new Promise<void>((resolve, reject) => {
      void step(request, response, (error?: unknown) => {
        if (error === undefined) resolve()
        else reject(error instanceof Error ? error : new Error('the body could not be read', { cause: error }))
      })
    })
  }
}

export function sendRefusal(request: Request, response: Response, refusal: Refusal, retryAfter?: number): void {
  if (retryAfter !== undefined) response.setHeader('Retry-After', String(Math.ceil(retryAfter)))
  const problem = toProblem(refusal, languageOf(request.headers['accept-language']), request.trace)
  response.status(errorCodes[refusal.refused]).type('application/problem+json').send(JSON.stringify(problem))
}

/** Unknown routes and every thrown thing; must be the last of the app. */
export function finishApp(app: Express, core: Core): void {
  app.use((request, response) => sendRefusal(request, response, refused('request.not-found')))
  const onError: ErrorRequestHandler = (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error)
    if (error instanceof Failure) return sendRefusal(request, response, error.refusal, error.retryAfter)
    const refusal = bodyRefusal(error)
    if (refusal) return sendRefusal(request, response, refusal)
    core.logger.error({ err: error, trace: request.trace, path: request.path }, 'a request failed')
    sendRefusal(request, response, refused('server.fault'))
  }
  app.use(onError)
}

/** What body parsing and URL decoding throw. */
function bodyRefusal(error: unknown): Refusal | null {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return null
  if (error.status === 413) return refused('request.too-large')
  if (error.status === 415) return refused('request.media-type')
  if (error.status >= 400 && error.status < 500)
    return refused('request.malformed', { errors: [{ path: '', message: error.message }] })
  return null
}
