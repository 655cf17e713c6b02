/**
 * Server transactions (RFC 3261 section 17.2, RFC 6026 section 7.1) as a pure machine. Over UDP:
 *
 * | Timer      | INVITE                                   | others |
 * |------------|------------------------------------------|--------|
 * | retransmit | G: 300-699 again at 0.5, 1, 2, 4, 4 ... s |        |
 * | timeout    | H: no ACK for 32 s                       |        |
 * | linger     | I: 5 s after the ACK, L: 32 s after 2xx  | J: 32 s |
 *
 * Retransmitting a 2xx until its ACK is the session's, because the ACK is.
 */

import type { Step } from '../base/step.ts'
import { T1_MS, T2_MS, T4_MS, TIMEOUT_MS } from './timing.ts'

export type ServerKind = { readonly invite: boolean; readonly reliable: boolean }

export type ServerState =
  | { readonly at: 'proceeding' }
  | { readonly at: 'accepted' }
  | { readonly at: 'completed'; readonly waitMs: number }
  | { readonly at: 'confirmed' }
  | { readonly at: 'ended' }

export type ServerTimer = 'retransmit' | 'timeout' | 'linger'

export type ServerEvent =
  /** The request came again. */
  | { readonly type: 'repeated' }
  | { readonly type: 'answered'; readonly status: number }
  /** ACK to a 300-699. */
  | { readonly type: 'acked' }
  | { readonly type: 'lapsed'; readonly timer: ServerTimer }

export type ServerEffect =
  /** Sends the newest response, for the first time or again. */
  | { readonly do: 'send' }
  | { readonly do: 'arm'; readonly timer: ServerTimer; readonly ms: number }
  | { readonly do: 'disarm'; readonly timer: ServerTimer }
  | { readonly do: 'end' }

type ServerStep = Step<ServerState, ServerEffect>

export const SERVER_START: ServerState = { at: 'proceeding' }

const ENDED: ServerState = { at: 'ended' }
const SEND: ServerEffect = { do: 'send' }
const END: ServerEffect = { do: 'end' }

/** One step; `answered` after a final answer is a 2xx again or nothing. */
export function stepServer(kind: ServerKind, state: ServerState, event: ServerEvent): ServerStep {
  switch (state.at) {
    case 'proceeding':
      if (event.type === 'repeated') return [state, SEND]
      return event.type === 'answered' ? answered(kind, event.status) : [state]
    case 'accepted':
      if (event.type === 'answered' && event.status >= 200 && event.status < 300) return [state, SEND]
      return event.type === 'lapsed' ? [ENDED, END] : [state]
    case 'completed':
      return stepCompleted(kind, state, event)
    case 'confirmed':
      return event.type === 'lapsed' ? [ENDED, END] : [state]
    case 'ended':
      return [state]
  }
}

function answered(kind: ServerKind, status: number): ServerStep {
  if (status < 200) return [SERVER_START, SEND]
  if (!kind.invite) {
    return kind.reliable
      ? [ENDED, SEND, END]
      : [{ at: 'completed', waitMs: 0 }, SEND, { do: 'arm', timer: 'linger', ms: TIMEOUT_MS }]
  }
  if (status < 300) return [{ at: 'accepted' }, SEND, { do: 'arm', timer: 'linger', ms: TIMEOUT_MS }]
  const timeout: ServerEffect = { do: 'arm', timer: 'timeout', ms: TIMEOUT_MS }
  return kind.reliable
    ? [{ at: 'completed', waitMs: 0 }, SEND, timeout]
    : [{ at: 'completed', waitMs: T1_MS }, SEND, timeout, { do: 'arm', timer: 'retransmit', ms: T1_MS }]
}

function stepCompleted(
  kind: ServerKind,
  state: Extract<ServerState, { at: 'completed' }>,
  event: ServerEvent,
): ServerStep {
  if (event.type === 'repeated') return [state, SEND]
  if (event.type === 'lapsed') {
    if (event.timer !== 'retransmit') return [ENDED, END]
    const waitMs = Math.min(state.waitMs * 2, T2_MS)
    return [{ at: 'completed', waitMs }, SEND, { do: 'arm', timer: 'retransmit', ms: waitMs }]
  }
  if (event.type !== 'acked' || !kind.invite) return [state]
  if (kind.reliable) return [ENDED, END]
  return [
    { at: 'confirmed' },
    { do: 'disarm', timer: 'retransmit' },
    { do: 'disarm', timer: 'timeout' },
    { do: 'arm', timer: 'linger', ms: T4_MS },
  ]
}
