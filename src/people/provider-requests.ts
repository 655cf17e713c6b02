/**
 * Requests to the identity provider: HTTPS alone, no redirect followed, no answer longer than a directory of keys is, and none waited for longer than the caller's
 * signal says. Where they go is said by the configuration and by what the provider itself says under the address that stands there; never by a browser.
 */

import { type RequestOptions, request } from 'node:https'
import { Transform } from 'node:stream'
import { text as textOf } from 'node:stream/consumers'
import type { CustomFetch } from 'openid-client'
import { fault } from '../base/fault.ts'
import { reasonWordOf } from '../base/system-error.ts'

const MOST_OCTETS = 262_144

/** @param authorities PEM; trusted instead of those that Node knows. @returns what `openid-client` sends with; it throws Fault `people.provider-down`. */
export function providerRequests(authorities: string | undefined): CustomFetch {
  return async (address, { method, headers, body, signal }) => {
    const url = new URL(address)
    if (url.protocol !== 'https:') throw fault('people.provider-down', { reason: 'not-https' })
    const octets = body === undefined || body === null ? undefined : Buffer.from(String(body))
    const options: RequestOptions = {
      method,
      headers: octets === undefined ? headers : { ...headers, 'content-length': octets.length },
      agent: false,
      ...(signal === undefined ? {} : { signal }),
      ...(authorities === undefined ? {} : { ca: authorities }),
    }
    try {
      return await answerTo(url, options, octets)
    } catch (thrown) {
      throw fault('people.provider-down', { reason: reasonWordOf(thrown) }, thrown)
    }
  }
}

function answerTo(url: URL, options: RequestOptions, body: Buffer | undefined): Promise<Response> {
  return new Promise((resolve, reject) => {
    const asked = request(url, options, (answer) => {
      const headers = Object.entries(answer.headers).flatMap(([name, value]) =>
        typeof value === 'string' ? [[name, value] as [string, string]] : [],
      )
      const status = answer.statusCode ?? 0
      const bounded = answer.pipe(atMost(MOST_OCTETS, () => asked.destroy()))
      answer.on('error', (error) => bounded.destroy(error))
      textOf(bounded).then((text) => resolve(new Response(bodyFor(status, text), { status, headers })), reject)
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

/** Some statuses have no body (RFC 9110 section 15), and a Response refuses one. */
function bodyFor(status: number, text: string): string | null {
  return status === 204 || status === 205 || status === 304 ? null : text
}

function atMost(octets: number, tooMuch: () => void): Transform {
  let left = octets
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      left -= chunk.length
      if (left >= 0) return done(null, chunk)
      tooMuch()
      done(new Error('the answer is too long'))
    },
  })
}
