/**
 * Client transactions (RFC 3261 section 17.1, RFC 6026 section 7.2) as a pure machine: what to do when, for INVITE and for all
 * other methods. Over UDP:
 *
 * | Timer      | INVITE                            | others                             |
 * |------------|-----------------------------------|------------------------------------|
 * | retransmit | A: 0.5, 1, 2, 4, 8, 16 s          | E: 0.5, 1, 2, 4, 4 ... s           |
 * | timeout    | B: 32 s, until a provisional      | F: 32 s                            |
 * | linger     | D: 32 s after 300-699, M: 32 s after 2xx | K: 5 s                      |
 *
 * The ACK to a 2xx is the session's, not the transaction's.
 */

import type { Step } from '../base/step.ts'
import { T1_MS, T2_MS, T4_MS, TIMEOUT_MS } from './timing.ts'

export type ClientKind = {
  readonly invite: boolean /** A stream: nothing is sent twice. */
  readonly reliable: boolean
}

export type ClientState =
  | { readonly at: 'calling'; readonly waitMs: number }
  | { readonly at: 'proceeding'; readonly waitMs: number }
  | { readonly at: 'accepted' }
  | { readonly at: 'completed' }
  | { readonly at: 'ended' }

export type ClientTimer = 'retransmit' | 'timeout' | 'linger'

export type ClientEvent =
  | { readonly type: 'started' }
  | { readonly type: 'responded'; readonly status: number }
  | { readonly type: 'lapsed'; readonly timer: ClientTimer }
  | { readonly type: 'transportFailed' }
  /** The connection that it went by has ended. */
  | { readonly type: 'cut' }

/** No final response came; it could not be sent; or nothing had come back when its connection ended. */
export type ClientFailure = 'timedOut' | 'transportFailed' | 'cut'

export type ClientEffect =
  | { readonly do: 'send' }
  | { readonly do: 'sendAck' }
  /** Gives the response to the user of the transaction. */
  | { readonly do: 'pass' }
  | { readonly do: 'report'; readonly why: ClientFailure }
  | { readonly do: 'arm'; readonly timer: ClientTimer; readonly ms: number }
  | { readonly do: 'disarm'; readonly timer: ClientTimer }
  | { readonly do: 'end' }

type ClientStep = Step<ClientState, ClientEffect>

/** Before `started`. */
export const CLIENT_START: ClientState = { at: 'calling', waitMs: T1_MS }

const ENDED: ClientState = { at: 'ended' }
const SEND: ClientEffect = { do: 'send' }
const SEND_ACK: ClientEffect = { do: 'sendAck' }
const PASS: ClientEffect = { do: 'pass' }
const END: ClientEffect = { do: 'end' }
const NO_RETRANSMIT: ClientEffect = { do: 'disarm', timer: 'retransmit' }
const NO_TIMEOUT: ClientEffect = { do: 'disarm', timer: 'timeout' }

/** One step; an event that comes late in a state that cannot use it changes nothing. */
export function stepClient(kind: ClientKind, state: ClientState, event: ClientEvent): ClientStep {
  switch (state.at) {
    case 'calling':
    case 'proceeding':
      return stepOpen(kind, state, event)
    case 'accepted':
      if (event.type === 'responded' && event.status >= 200 && event.status < 300) return [state, PASS]
      return event.type === 'lapsed' ? [ENDED, END] : [state]
    case 'completed':
      if (event.type === 'responded' && event.status >= 300 && kind.invite) return [state, SEND_ACK]
      return event.type === 'lapsed' ? [ENDED, END] : [state]
    case 'ended':
      return [state]
  }
}

type Open = Extract<ClientState, { at: 'calling' | 'proceeding' }>

function stepOpen(kind: ClientKind, state: Open, event: ClientEvent): ClientStep {
  switch (event.type) {
    case 'started':
      return kind.reliable
        ? [state, SEND, { do: 'arm', timer: 'timeout', ms: TIMEOUT_MS }]
        : [
            state,
            SEND,
            { do: 'arm', timer: 'timeout', ms: TIMEOUT_MS },
            { do: 'arm', timer: 'retransmit', ms: state.waitMs },
          ]
    case 'responded':
      return event.status < 200 ? provisional(kind, state) : final(kind, event.status)
    case 'lapsed':
      if (event.timer === 'timeout') return [ENDED, { do: 'report', why: 'timedOut' }, END]
      return retransmit(kind, state)
    case 'transportFailed':
      return [ENDED, { do: 'report', why: 'transportFailed' }, END]
    case 'cut':
      // Who has answered once can do so again, over a connection to our Via (RFC 3261 section 18.2.2).
      return state.at === 'proceeding' ? [state] : [ENDED, { do: 'report', why: 'cut' }, END]
  }
}

function provisional(kind: ClientKind, state: Open): ClientStep {
  if (kind.invite) return [{ at: 'proceeding', waitMs: state.waitMs }, NO_RETRANSMIT, NO_TIMEOUT, PASS]
  return [{ at: 'proceeding', waitMs: T2_MS }, PASS]
}

function final(kind: ClientKind, status: number): ClientStep {
  if (!kind.invite) return linger({ at: 'completed' }, [PASS], kind.reliable ? 0 : T4_MS)
  if (status < 300) return linger({ at: 'accepted' }, [PASS], TIMEOUT_MS)
  return linger({ at: 'completed' }, [SEND_ACK, PASS], kind.reliable ? 0 : TIMEOUT_MS)
}

function linger(state: ClientState, effects: readonly ClientEffect[], ms: number): ClientStep {
  return ms === 0
    ? [ENDED, ...effects, END]
    : [state, NO_RETRANSMIT, NO_TIMEOUT, ...effects, { do: 'arm', timer: 'linger', ms }]
}

function retransmit(kind: ClientKind, state: Open): ClientStep {
  if (kind.invite && state.at === 'proceeding') return [state]
  const waitMs = kind.invite ? state.waitMs * 2 : Math.min(state.waitMs * 2, T2_MS)
  return [{ at: state.at, waitMs }, SEND, { do: 'arm', timer: 'retransmit', ms: waitMs }]
}
