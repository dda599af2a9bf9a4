/** The machine-readable description of every operation, and a page to browse it. */
import type { Express, RequestHandler } from 'express'
import swaggerUi from 'swagger-ui-express'
import type { Feature } from './feature.ts'
import { openApiDocument } from './openapi.ts'

export function mountOpenApi(app: Express, features: readonly Feature[]): void {
  const described = features.flatMap(({ operations, described = [] }) => [...operations, ...described])
  const document = openApiDocument(described, '1.0.0')
  app.get('/api/openapi.json', (_request, response) => void response.json(document))
  // The page's own inline script and styles: relaxed here and nowhere else.
  const relaxed: RequestHandler = (_request, response, next) => {
    response.setHeader(
      'Content-Security-Policy',
      "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
    )
    next()
  }
  app.use('/api/docs', relaxed, swaggerUi.serve, swaggerUi.setup(document))
}
