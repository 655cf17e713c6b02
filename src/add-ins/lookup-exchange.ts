/**
 * One lookup over the wire: asked once, over a connection of its own, no redirect followed, no answer longer than 64 kB, and no longer waited for than the manifest says, from looking up
 * the name to the end of the answer. What it was read through is overwritten, since it may hold what must not be kept. What went wrong is a fault with a word for the log; nothing of the address or the answer goes along.
 */

import type { IncomingMessage } from 'node:http'
import { type RequestOptions as PlainOptions, request as plainRequest } from 'node:http'
import { type RequestOptions, request as secureRequest } from 'node:https'
import { Fault, fault } from '../base/fault.ts'
import { reasonWordOf, systemCodeOf } from '../base/system-error.ts'
import type { LookupRequest } from './lookup-request.ts'

export type ExchangeTerms = {
  readonly timeoutMs: number
  /** PEM; trusted instead of those that Node knows. */
  readonly authorities: string | undefined
}

/** SSL_OP_CLEANSE_PLAINTEXT of OpenSSL 3 (SSL_CTX_set_options(3)); Node has no name for it. */
const CLEANSE_PLAINTEXT = 2
const MOST_OCTETS = 65_536
const NO_TRUST = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS_|ERR_SSL_/
const NOT_THERE = new Set([404, 410])

/** @returns the octets of an answer with status 200; the receiver overwrites them. @throws Fault `lookup.*` */
export async function exchange({ url, headers }: LookupRequest, terms: ExchangeTerms): Promise<Buffer> {
  const late = AbortSignal.timeout(terms.timeoutMs)
  try {
    return await answerTo(url, { method: 'GET', headers, agent: false, signal: late }, terms.authorities)
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown
    throw fault(late.aborted ? 'lookup.late' : codeFor(thrown), { reason: reasonWordOf(thrown) }, thrown)
  }
}

function answerTo(url: URL, options: PlainOptions, authorities: string | undefined): Promise<Buffer> {
  const secure: RequestOptions = {
    ...options,
    ...{ rejectUnauthorized: true, minVersion: 'TLSv1.2', secureOptions: CLEANSE_PLAINTEXT },
    ...(authorities === undefined ? {} : { ca: authorities }),
  }
  return new Promise((resolve, reject) => {
    const take = (answer: IncomingMessage) => {
      const stop = (cause: Fault) => {
        reject(cause)
        asked.destroy()
      }
      const { statusCode = 0 } = answer
      if (NOT_THERE.has(statusCode)) return stop(fault('lookup.nothing-found', { status: statusCode }))
      if (statusCode !== 200) return stop(fault('lookup.refused', { status: statusCode }))
      const body = Buffer.alloc(MOST_OCTETS)
      let length = 0
      answer.on('data', (piece: Buffer) => {
        if (length + piece.length > MOST_OCTETS) {
          body.fill(0)
          return stop(fault('lookup.answer-too-long'))
        }
        length += piece.copy(body, length)
        piece.fill(0)
      })
      answer.on('end', () => {
        if (!answer.complete) return stop(fault('lookup.unreachable', { reason: 'cut-off' }))
        resolve(body.subarray(0, length))
      })
      answer.on('error', (error) => {
        body.fill(0)
        reject(error)
      })
      return undefined
    }
    const asked = url.protocol === 'https:' ? secureRequest(url, secure, take) : plainRequest(url, options, take)
    // Behind the parser, which has copied what it passes on: what TLS was read into is freed as it is otherwise.
    asked.on('socket', (socket) => socket.on('data', (piece: Buffer) => piece.fill(0)))
    asked.on('error', reject)
    asked.end()
  })
}

function codeFor(thrown: unknown): 'lookup.not-trusted' | 'lookup.unreachable' {
  return NO_TRUST.test(systemCodeOf(thrown)) ? 'lookup.not-trusted' : 'lookup.unreachable'
}
