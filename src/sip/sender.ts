/**
 * Requests out: finds where they go, gives them a Via and a transaction, and tries the next address when one is dead
 * (RFC 3263 section 4.3). The stack that sessions stand on is made here.
 */

import { type ClientTransactions, type ClientUser, cancelParts, type Sent } from './client-transactions.ts'
import type { LargeRequests } from './large-requests.ts'
import { numericPeer, type Resolver, resolvePeers } from './resolve.ts'
import type { SipPeer } from './session.ts'
import type { Pending, UnsentParts, Way } from './stack.ts'
import { type Flow, isStream, listenerFor, type Wire } from './transport.ts'
import { MAGIC_COOKIE, writeVia } from './via.ts'
import { writeRequest } from './write-message.ts'

export type Sender = {
  request(way: Way, parts: (flow: Flow) => UnsentParts, user: ClientUser): Pending
  ack(way: Way, parts: UnsentParts): () => void
}

export type SenderParts = {
  readonly wire: Wire
  readonly transactions: ClientTransactions
  readonly resolver: Resolver | undefined
  /** Host that stands in our Via on a flow. */
  readonly hostOf: (flow: Flow) => string
  /** Unique; the magic cookie is put before it. */
  readonly branch: () => string
  /** Port that stands there. */
  readonly portOf: (flow: Flow) => number
  readonly large: LargeRequests
}

export function createSender({ wire, transactions, resolver, hostOf, portOf, branch, large }: SenderParts): Sender {
  const flowTo = (peer: SipPeer): Flow | undefined => {
    const listener = listenerFor(wire.listening, peer)
    return listener < 0 ? undefined : { ...peer, listener, connection: 0 }
  }

  /** @returns the flows to try, at once when no DNS is needed. */
  const flowsOf = (way: Way): Flow[] | Promise<Flow[]> => {
    if (way.to === 'flow') return way.flow.listener >= 0 ? [way.flow] : []
    const orElse = (found: Flow[]) => (found.length === 0 && way.otherwise !== undefined ? [way.otherwise] : found)
    const numeric = numericPeer(way.uri)
    const isFlow = (flow: Flow | undefined): flow is Flow => flow !== undefined
    if (numeric !== undefined) return orElse([flowTo(numeric)].filter(isFlow))
    if (resolver === undefined) return orElse([])
    return resolvePeers(way.uri, resolver).then((peers) => orElse(peers.map(flowTo).filter(isFlow)))
  }

  const sentOn = (flow: Flow, parts: UnsentParts): Sent => {
    const id = MAGIC_COOKIE + branch()
    const via = writeVia(flow.transport, hostOf(flow), portOf(flow), id)
    return { parts: { ...parts, via }, branch: id, flow }
  }

  /** Over TCP instead, when the request is too long for UDP and we may. */
  const fitted = (flow: Flow, parts: (flow: Flow) => UnsentParts): Sent => {
    const sent = sentOn(flow, parts(flow))
    if (isStream(flow.transport)) return sent
    const octets =
      sent.parts.body.length +
      sent.parts.headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 200)
    const streamed = large.prefersTcp(flow, octets)
      ? flowTo({ transport: 'tcp', address: flow.address, port: flow.port })
      : undefined
    return streamed === undefined ? sent : sentOn(streamed, parts(streamed))
  }

  const request = (way: Way, parts: (flow: Flow) => UnsentParts, user: ClientUser): Pending => {
    let sent: Sent | undefined
    let isAborted = false
    let mayMove = true

    const attempt = (flows: readonly Flow[]) => {
      if (isAborted) return
      const [flow, ...rest] = flows
      if (flow === undefined) return queueMicrotask(() => isAborted || user.onFailed('transportFailed'))
      sent = fitted(flow, parts)
      const isSwitched = sent.flow.transport !== flow.transport
      let isHeard = false
      transactions.start(sent, {
        onResponse: (response) => {
          if (response.status === 503 && rest.length > 0 && !isHeard && mayMove) return attempt(rest)
          isHeard = true
          user.onResponse(response)
        },
        onFailed: (why) => {
          // The far end has no TCP after all (RFC 3261 section 18.1.1): the same once more, over UDP.
          if (isSwitched && why === 'transportFailed' && !isHeard && mayMove) {
            large.refused(flow)
            return attempt(flows)
          }
          if (rest.length > 0 && !isHeard && mayMove) attempt(rest)
          else user.onFailed(why)
        },
      })
    }

    const flows = flowsOf(way)
    if (Array.isArray(flows)) attempt(flows)
    else void flows.then(attempt)

    return {
      get flow() {
        return sent?.flow
      },
      cancel: (extra) => {
        if (sent === undefined) {
          isAborted = true
          return false
        }
        const ignore = { onResponse: () => {}, onFailed: () => {} }
        transactions.start({ ...sent, parts: cancelParts(sent.parts, extra) }, ignore)
        return true
      },
      stay: () => {
        mayMove = false
      },
      abandon: () => {
        isAborted = true
        if (sent !== undefined) transactions.abandon(sent)
      },
    }
  }

  const ack = (way: Way, parts: UnsentParts) => {
    let octets: Buffer | undefined
    let flow: Flow | undefined
    const send = (flows: readonly Flow[]) => {
      flow = flows[0]
      if (flow === undefined) return
      octets = writeRequest(sentOn(flow, parts).parts)
      wire.send(octets, flow)
    }
    const flows = flowsOf(way)
    if (Array.isArray(flows)) send(flows)
    else void flows.then(send)
    return () => {
      if (octets !== undefined && flow !== undefined) wire.send(octets, flow)
    }
  }

  return { request, ack }
}
