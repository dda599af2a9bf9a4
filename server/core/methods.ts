/** Known addresses answer 405 with `Allow` to methods they do not take; must stand behind every route. */
import type { Express } from 'express'
import type { Feature } from './feature.ts'
import { sendRefusal } from './http.ts'
import { addressOf } from './openapi.ts'
import { refused } from './problems.ts'

export function refuseOtherMethods(app: Express, features: readonly Feature[]): void {
  const operations = features.flatMap(({ operations, described = [] }) => [...operations, ...described])
  for (const [address, group] of Map.groupBy(operations, addressOf)) {
    const allowed = new Set(group.map(({ method }) => method.toUpperCase()))
    if (allowed.has('GET')) allowed.add('HEAD')
    app.all(address, (request, response, next) => {
      // What is allowed came this far because its id, not its method, is unknown.
      if (allowed.has(request.method)) return next()
      response.setHeader('Allow', [...allowed].sort().join(', '))
      sendRefusal(request, response, refused('request.method'))
    })
  }
}
