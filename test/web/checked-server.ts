/** The HTTP server with every answer that it sends held against what its route promises in the API document: what does not fit becomes a 500, which no test expects. */

import { Check } from 'typebox/value'
import { aProblem } from '../../src/web/route.ts'
import { buildServer, type WebOptions } from '../../src/web/server.ts'

export function checkedServer(options: WebOptions): ReturnType<typeof buildServer> {
  const server = buildServer(options)
  server.addHook('onSend', async (request, reply, payload) => {
    const { statusCode } = reply
    const terms = request.routeOptions.config.door
    const type = String(reply.getHeader('content-type') ?? '').split(';')[0]
    const isReadable = typeof payload === 'string'
    if (statusCode >= 400 && terms?.page === true && type === 'text/html') return
    if (statusCode >= 400 && !(terms !== undefined && statusCode in terms.answers)) {
      if (type !== 'application/problem+json' || !isReadable || !Check(aProblem, JSON.parse(payload)))
        misfit(request.url, statusCode, payload)
      return
    }
    if (statusCode === 304) return
    const answer = terms?.answers[statusCode]
    if (answer === undefined) misfit(request.url, statusCode, payload)
    else if (answer === 'empty') {
      if (payload !== undefined && payload !== null && payload !== '') misfit(request.url, statusCode, payload)
    } else if ('media' in answer && typeof answer.media === 'string') {
      if (type !== answer.media.split(';')[0]) misfit(request.url, statusCode, type)
    } else if (type === 'application/json') {
      if (!isReadable || !Check(answer, JSON.parse(payload))) misfit(request.url, statusCode, payload)
    } else if (type !== 'text/csv') misfit(request.url, statusCode, type)
  })
  return server
}

function misfit(url: string, status: number, payload: unknown): never {
  throw new Error(`an answer that its document does not know: ${url} ${status} ${String(payload)}`)
}
