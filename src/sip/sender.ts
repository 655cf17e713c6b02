/**
 * Requests out: finds where they go, gives them a Via and a transaction, and tries the next address when one is dead
 * (RFC 3263 section 4.3): one that cannot be reached, says 503, or is silent for longer than `patienceMs` while another can be asked. One that
 * answers after it was given up is a fork like those of a proxy: cancelled when it rings, and told when it has taken the call.
 *
 * The stack that sessions stand on is made here.
 */

import type { Clock, Timer } from '../base/clock.ts'
import type { ClientTransactions, ClientUser, Sent } from './client-transactions.ts'
import { LARGE_REQUEST_BYTES, type LargeRequests } from './large-requests.ts'
import { parseDigits } from './lexical.ts'
import { headerOf, type SipResponse } from './message.ts'
import type { Names } from './names.ts'
import { numericPeer, resolvePeers } from './resolve.ts'
import type { SipPeer, SipTransport } from './session.ts'
import type { SetAside } from './set-aside.ts'
import type { PendingRequest, UnsentParts, Way } from './stack.ts'
import { TIMEOUT_MS } from './timing.ts'
import { type Flow, isSamePeer, isStream, listenerFor, type Wire } from './transport.ts'
import { MAGIC_COOKIE, writeVia } from './via.ts'
import { writeRequest } from './write-message.ts'

export type Sender = {
  request(way: Way, parts: (flow: Flow) => UnsentParts, user: ClientUser): PendingRequest
  ack(way: Way, parts: UnsentParts): void
}

export type SenderParts = {
  readonly wire: Wire
  readonly transactions: ClientTransactions
  readonly clock: Clock
  /** Absent: only numeric hosts are reached. */
  readonly names: Names | undefined
  readonly setAside: SetAside
  /** How long a far end may be silent while another can be asked, ms; absent: as long as its transaction lasts. */
  readonly patienceMs: number | undefined
  /** A number from 0 up to 1. */
  readonly chance: () => number
  /** Host that stands in our Via on a flow. */
  readonly hostOf: (flow: Flow) => string
  /** Unique; the magic cookie is put before it. */
  readonly branch: () => string
  /** Port that stands there. */
  readonly portOf: (flow: Flow) => number
  readonly large: LargeRequests
}

/** A request on its way to one of the addresses. */
type Attempt = {
  readonly branch: string
  readonly method: string
  readonly flow: Flow
  /** Something came back. */
  isHeard: boolean
  /** It was given up, and another one is on its way. */
  isLate: boolean
  patience: Timer | undefined
}

export function createSender(given: SenderParts): Sender {
  const { clock, wire, transactions, names, setAside, chance, hostOf, portOf, branch, large } = given
  const flowTo = (peer: SipPeer): Flow | undefined => {
    const listener = listenerFor(wire.listening, peer)
    return listener < 0 ? undefined : { ...peer, listener, connection: 0 }
  }

  /** @returns the flows to try, at once when no DNS is needed. */
  const flowsOf = (way: Way): Flow[] | Promise<Flow[]> => {
    if (way.to === 'flow') return [wire.stands(way.flow) ? way.flow : way.anew].filter((flow) => flow !== undefined)
    const { uri, otherwise } = way
    const numeric = numericPeer(uri)
    if (numeric !== undefined) return inOrder([numeric], otherwise)
    if (names === undefined) return inOrder([], otherwise)
    return resolvePeers(uri, { names, supports, chance }).then((peers) => inOrder(peers, otherwise))
  }

  const inOrder = (peers: readonly SipPeer[], before: Flow | undefined): Flow[] => {
    const flows = peers.map(flowTo).filter((flow) => flow !== undefined)
    if (flows.length === 0) return before === undefined ? [] : [before]
    const ordered = flows.length === 1 ? flows : setAside.order(flows)
    const stays = ordered.find((flow) => before !== undefined && isSamePeer(flow, before))
    return stays === undefined ? ordered : [stays, ...ordered.filter((flow) => flow !== stays)]
  }

  const supports = (transport: SipTransport) => wire.listening.some((each) => each.transport === transport)

  const sentOn = (flow: Flow, parts: UnsentParts): Sent => {
    const id = MAGIC_COOKIE + branch()
    const via = writeVia(flow.transport, hostOf(flow), portOf(flow), id)
    return { parts: { ...parts, via }, branch: id, flow }
  }

  /** Over TCP instead, when the request is too long for UDP and we may. */
  const fitted = (flow: Flow, parts: (flow: Flow) => UnsentParts): Sent => {
    const sent = sentOn(flow, parts(flow))
    if (isStream(flow.transport)) return sent
    const streamed = large.prefersTcp(flow, sizeOf(sent))
      ? flowTo({ transport: 'tcp', address: flow.address, port: flow.port })
      : undefined
    return streamed === undefined ? sent : sentOn(streamed, parts(streamed))
  }

  const request = (way: Way, parts: (flow: Flow) => UnsentParts, user: ClientUser): PendingRequest => {
    const isShort = way.patience === 'short'
    let current: Attempt | undefined
    let isAborted = false
    let mayMove = true
    let wasCut = false

    const attempt = (flows: readonly Flow[]) => {
      if (isAborted) return
      const [flow, ...rest] = flows
      if (flow === undefined) return queueMicrotask(() => isAborted || user.onFailed('transportFailed'))
      // What was sent is not kept here but by its transaction, until the answer: who asked may be kept for half a minute after it.
      const sent = fitted(flow, parts)
      // What people write goes over TCP, or is refused (RFC 3428 section 8).
      if (sent.parts.method === 'MESSAGE' && !isStream(sent.flow.transport) && sizeOf(sent) > LARGE_REQUEST_BYTES)
        return queueMicrotask(() => isAborted || user.onFailed('tooLarge'))
      const mine: Attempt = {
        branch: sent.branch,
        method: sent.parts.method,
        flow: sent.flow,
        isHeard: false,
        isLate: false,
        patience: undefined,
      }
      current = mine
      const isSwitched = mine.flow.transport !== flow.transport
      const mayPass = () => mayMove && !mine.isHeard && rest.length > 0
      transactions.start(sent, {
        maySend: user.maySend,
        onResponse: (response) => {
          mine.patience?.cancel()
          if (mine.isLate) return late(mine, response)
          if (way.to === 'uri' && !mine.isHeard) note(setAside, flow, response)
          if (response.status === 503 && mayPass()) return attempt(rest)
          mine.isHeard = true
          user.onResponse(response)
        },
        onFailed: (why) => {
          mine.patience?.cancel()
          if (mine.isLate) return
          if (why === 'cut' && mayMove && !wasCut && !isAborted) {
            // The far end had let go of an old connection, or came back: the same once more, over a new one.
            wasCut = true
            return begin()
          }
          // The far end has no TCP after all (RFC 3261 section 18.1.1): the same once more, over UDP.
          if (isSwitched && why === 'transportFailed' && !mine.isHeard && mayMove) {
            large.refused(flow)
            return attempt(flows)
          }
          if (way.to === 'uri' && !mine.isHeard) setAside.put(flow)
          if (mayPass()) attempt(rest)
          else user.onFailed(why)
        },
      })
      const { patienceMs } = given
      if (patienceMs === undefined || (rest.length === 0 && !isShort)) return
      mine.patience = clock.after(patienceMs, () => {
        if (isAborted || !mayMove) return
        mine.isLate = true
        // An INVITE may still ring and must be heard out; all else is not sent again.
        if (mine.method !== 'INVITE') transactions.abandon(mine)
        if (way.to === 'uri') setAside.put(flow)
        if (rest.length > 0) attempt(rest)
        else user.onFailed('timedOut')
      })
    }

    /** One that was given up answers after all: it must not ring on beside the other, and a call that it took is the user's to end. */
    const late = (mine: Attempt, response: SipResponse) => {
      if (response.status < 200 && !mine.isHeard) callOff(mine)
      mine.isHeard = true
      if (response.status < 200 || response.status >= 300) return
      if (current !== undefined && current !== mine && !current.isLate) {
        current.patience?.cancel()
        current.isLate = true
        if (current.isHeard) callOff(current)
      }
      user.onResponse(response)
    }

    /** Without an answer to its CANCEL an INVITE would last for ever once it has rung (RFC 3261 section 9.1). */
    const callOff = (one: Attempt) => {
      transactions.cancel(one, [])
      clock.after(TIMEOUT_MS, () => transactions.abandon(one))
    }

    const begin = () => {
      const flows = flowsOf(way)
      if (Array.isArray(flows)) attempt(flows)
      else void flows.then(attempt)
    }
    begin()

    return {
      flow: () => current?.flow,
      cancel: (extra) => {
        if (current === undefined) {
          isAborted = true
          return false
        }
        transactions.cancel(current, extra)
        return true
      },
      stay: () => {
        mayMove = false
      },
      abandon: () => {
        isAborted = true
        current?.patience?.cancel()
        if (current !== undefined) transactions.abandon(current)
      },
      entrust: (heir) => {
        if (current !== undefined) transactions.entrust(current, heir)
      },
    }
  }

  const ack = (way: Way, parts: UnsentParts) => {
    const send = ([flow]: readonly Flow[]) => {
      if (flow !== undefined) wire.send(writeRequest(sentOn(flow, parts).parts), flow)
    }
    const flows = flowsOf(way)
    if (Array.isArray(flows)) send(flows)
    else void flows.then(send)
  }

  return { request, ack }
}

/** @returns octets of a request, about. */
function sizeOf({ parts: { body, headers } }: Sent): number {
  return body.length + headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 200)
}

/** What a first response says of the far end: that it lives, or that it wants to be left alone (RFC 3261 section 21.5.4). */
function note(setAside: SetAside, flow: Flow, response: SipResponse): void {
  const seconds = retryAfterOf(response)
  if (response.status !== 503) setAside.clear(flow)
  else setAside.put(flow, seconds === undefined ? undefined : seconds * 1000)
}

/** @returns the seconds of a Retry-After, which may have a comment and parameters behind them (RFC 3261 section 20.33). */
export function retryAfterOf(response: SipResponse): number | undefined {
  return parseDigits(/^\d{1,9}/.exec(headerOf(response, 'retry-after') ?? '')?.[0] ?? '', 2 ** 31)
}
