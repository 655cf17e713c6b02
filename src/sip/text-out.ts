/**
 * A text that we pass on outside of any dialog (MESSAGE, RFC 3428 section 4): a request of our own, with one answer to a challenge, to one far end after
 * the other while none is there. It has no Contact, since nobody may answer it with a request, and nothing of what came but the text itself.
 */

import { createCredentialGuard } from './credential-guard.ts'
import { DEAD } from './in-turn.ts'
import { identityLines } from './invite-parts.ts'
import { writeParty } from './name-addr.ts'
import type { InviteTarget } from './session.ts'
import { firstLine } from './session-ids.ts'
import type { Pending, Stack, UnsentParts, Way } from './stack.ts'
import { failedStatus } from './talk.ts'
import type { TextOptions } from './text.ts'
import type { Flow } from './transport.ts'
import { FLOW_FAILED, type Turn } from './turns.ts'
import { cleanUri } from './uri.ts'
import type { Line } from './write-message.ts'

/** Whatever its sender said of it: what was masked is UTF-8. */
const TYPE: Line = ['Content-Type', 'text/plain;charset=UTF-8']

/** Where texts may go. */
export type TextWays = {
  /** Far ends of a target, best first; none when it stands alone. */
  turns(target: InviteTarget): readonly Turn[]
  routed(target: InviteTarget): InviteTarget
  way(target: InviteTarget, hasSpare: boolean): Way
}

/** @returns what sends a text to the first far end of its target that is there, and gives the final status. */
export function createTextSender(stack: Stack, ways: TextWays): (options: TextOptions) => Promise<number> {
  return (options) => {
    const { patienceMs } = options
    const patience = new AbortController()
    const { signal } = patience
    const limit = patienceMs === undefined ? undefined : stack.clock.after(patienceMs, () => patience.abort())
    const send = (wanted: InviteTarget, hasSpare: boolean) => {
      const target = ways.routed(wanted)
      return sendText(stack, { ...options, target }, ways.way(target, hasSpare), signal)
    }
    const [first, ...others] = ways.turns(options.target)
    const status = first === undefined ? send(options.target, false) : inTurn([first, ...others], send, signal)
    return status.finally(() => limit?.cancel())
  }
}

/** @returns the headers of a text. */
export function typeOfText(body: Uint8Array): readonly Line[] {
  return body.length === 0 ? [] : [TYPE]
}

/** @param patience aborted when nobody waits for the answer any more. */
function sendText(stack: Stack, options: TextOptions, way: Way, patience: AbortSignal): Promise<number> {
  const { target, from, maxForwards = 70, body } = options
  const uri = cleanUri(target.uri)
  const guard = target.credentials === undefined ? undefined : createCredentialGuard(stack, target.credentials)
  const same: readonly Line[] = [
    ['Max-Forwards', String(maxForwards)],
    ...(target.route ?? []).map((each): Line => ['Route', each]),
    ['From', writeParty(from, stack.token())],
    ['To', `<${uri}>`],
    ['Call-ID', stack.token() + stack.token()],
    ...identityLines(options),
    firstLine(stack.uuid()),
    // Of 1300 octets most are the text's: what we can is said elsewhere.
    ...stack.capabilities.filter(([name]) => name === 'User-Agent'),
    ...typeOfText(body),
  ]
  return new Promise((answered) => {
    let sentTo: Flow | undefined
    let pending: Pending | undefined
    patience.onabort = () => {
      pending?.abandon()
      answered(408)
    }
    const send = (cseq: number, proof: readonly Line[]): void => {
      const parts: UnsentParts = {
        method: 'MESSAGE',
        uri,
        headers: [...same, ['CSeq', `${cseq} MESSAGE`], ...proof],
        body,
      }
      const onward = (flow: Flow) => {
        sentTo = flow
        guard?.met(flow)
        return parts
      }
      // Who has challenged is asked again, not another one of the same name.
      pending = stack.request(way.to === 'uri' && sentTo !== undefined ? { ...way, otherwise: sentTo } : way, onward, {
        onResponse: (response) => {
          const { status } = response
          if (status < 200) return
          const isAsked = cseq === 1 && (status === 401 || status === 407)
          const line = isAsked ? guard?.answer(response, parts, sentTo) : undefined
          if (line === undefined) answered(status)
          else send(cseq + 1, [line])
        },
        onFailed: (why) => answered(failedStatus(why)),
      })
    }
    send(1, [])
  })
}

/** @param send to one of them; `hasSpare` when another is left. */
async function inTurn(
  turns: readonly [Turn, ...Turn[]],
  send: (target: InviteTarget, hasSpare: boolean) => Promise<number>,
  patience: AbortSignal,
): Promise<number> {
  let status = 503
  for (const [i, turn] of turns.entries()) {
    status = await send(turn.target, i + 1 < turns.length)
    if (!DEAD.includes(status)) {
      turn.answered()
      return status
    }
    turn.failed(status)
    if (patience.aborted) break
  }
  // What is between a proxy and its phone is nothing to whoever wrote (RFC 5626 section 11.5).
  return status === FLOW_FAILED ? 480 : status
}
