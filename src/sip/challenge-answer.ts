/** Answers the challenge of a response that refused a request of ours (RFC 3261 section 22). */

import { authorize, chooseChallenges } from './digest-client.ts'
import { headerOf, type SipResponse } from './message.ts'
import type { Credentials, UnsentParts } from './stack.ts'
import type { Line } from './write-message.ts'

/** @returns the header that answers the challenges of a 401 or 407; undefined when none can be answered. */
export function answerTo(
  response: SipResponse,
  request: UnsentParts,
  credentials: Credentials,
  cnonce: string,
): Line | undefined {
  const proxy = response.status === 407
  const name = proxy ? 'proxy-authenticate' : 'www-authenticate'
  if (headerOf(response, name) === undefined) return undefined
  const values = response.values.filter((_, at) => response.names[at] === name)
  const { realm } = credentials
  const chosen = chooseChallenges(values).find((each) => realm === undefined || each.realm === realm)
  if (chosen === undefined) return undefined
  const { value } = authorize(chosen, credentials, request, cnonce)
  return [proxy ? 'Proxy-Authorization' : 'Authorization', value]
}
