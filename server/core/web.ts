/** Hands out the built app: hashed files for ever, the page itself never stale, its inline scripts named by hash. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Express } from 'express'
import sirv from 'sirv'

const build = join(import.meta.dirname, '../../build')
const page = join(build, 'index.html')

export function mountWeb(app: Express): void {
  if (!existsSync(page)) {
    app.get('/', (_request, response) => void response.type('text').send('The web app is not built yet: npm run build'))
    return
  }
  const serve = sirv(build, {
    single: true,
    gzip: true,
    brotli: true,
    etag: true,
    setHeaders(response, path) {
      const hashed = path.startsWith('/_app/immutable/')
      response.setHeader('Cache-Control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  app.use((request, response, next) => {
    const ours = /^\/(api|socket\.io|healthz|readyz|metrics)(\/|$)/.test(request.path)
    if (ours || (request.method !== 'GET' && request.method !== 'HEAD')) return next()
    serve(request, response, next)
  })
}

/** For the content security policy: only the scripts that stand in our own page may run inline. */
export function inlineScriptHashes(): string[] {
  if (!existsSync(page)) return []
  const scripts = readFileSync(page, 'utf8').matchAll(/<script(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/g)
  return [...scripts].map(([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`)
}
