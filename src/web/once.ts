/**
 * Requests that come again, because the answer to the first was lost: with the same `Idempotency-Key` of the same asker they get the same answer, and nothing is done twice
 * (draft-ietf-httpapi-idempotency-key-header). Kept in memory for a day, bounded: after a restart there is no call that could be acted in twice.
 */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { digestOf } from '../base/digest.ts'
import { fault } from '../base/fault.ts'

const KEPT_MS = 86_400_000
const MOST_KEPT = 10_000
const KEY = /^[\x21-\x7e]{1,128}$/

type Kept = {
  /** Of the request. */
  readonly digest: string
  readonly atMs: number
  answer:
    | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }
    | undefined
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Under what its answer is kept. */
    onceKey: string | undefined
  }
}

/** Adds it to every route that says `once`. @param now ms of a clock that never runs backwards. */
export function addOnce(server: FastifyInstance, now: () => number): void {
  const kept = new Map<string, Kept>()
  server.decorateRequest('onceKey', undefined)

  server.addHook('preHandler', async (request, reply) => {
    const given = request.headers['idempotency-key']
    if (given === undefined || request.routeOptions.config.door?.once !== true) return
    if (typeof given !== 'string' || !KEY.test(given)) throw fault('web.bad-request')
    const key = `${whose(request)} ${given}`
    const digest = digestOf(`${request.method} ${request.url} ${JSON.stringify(request.body ?? null)}`)
    const before = kept.get(key)
    if (before !== undefined && now() - before.atMs < KEPT_MS) {
      if (before.digest !== digest) throw fault('web.other-request')
      if (before.answer === undefined) throw fault('web.same-request-runs')
      return reply.status(before.answer.status).headers(before.answer.headers).send(before.answer.body)
    }
    kept.delete(key)
    kept.set(key, { digest, atMs: now(), answer: undefined })
    if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value as string)
    request.onceKey = key
  })

  server.addHook('onSend', async (request, reply, payload) => {
    const { onceKey } = request
    const row = onceKey === undefined ? undefined : kept.get(onceKey)
    if (row === undefined || onceKey === undefined) return
    // What was not done may be tried again.
    if (reply.statusCode >= 400 || (typeof payload !== 'string' && payload !== undefined && payload !== null))
      kept.delete(onceKey)
    else {
      const text = (name: string) => reply.getHeader(name)
      const headers = Object.fromEntries(
        ['content-type', 'location'].flatMap((name) => (text(name) === undefined ? [] : [[name, String(text(name))]])),
      )
      row.answer = { status: reply.statusCode, headers, body: payload ?? '' }
    }
  })
}

function whose({ principal }: FastifyRequest): string {
  return principal?.userId ?? `${principal?.by} ${principal?.keyId}`
}
