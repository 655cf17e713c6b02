/** The real wire: one transport per listener, and the choice between them by a flow's listener. */

import type { Clock } from '../base/clock.ts'
import { Fault, fault } from '../base/fault.ts'
import type { ConnectionLimits } from './connections.ts'
import type { SipPeer } from './session.ts'
import { TcpTransport } from './tcp-transport.ts'
import type { HandshakeFailure, TlsTerms } from './tls-terms.ts'
import { TlsTransport } from './tls-transport.ts'
import { failLater, isWebSocket, type Listener, type Wire } from './transport.ts'
import { UdpTransport } from './udp-transport.ts'
import { WsTransport } from './ws-transport.ts'

export type WireOptions = {
  readonly listeners: readonly Listener[]
  readonly clock: Clock
  /** Needed where a listener is one for TLS, or WebSocket over it. */
  readonly tls: TlsTerms | undefined
  readonly limits?: ConnectionLimits | undefined
  readonly count: (name: string) => void
  readonly onFailure: (failure: HandshakeFailure) => void
}

/** @returns a wire over sockets, not yet bound. Its `open` throws Fault `sip.cannot-listen`, or one of the certificates of a listener. */
export function createWire({ listeners, clock, tls, limits, count, onFailure }: WireOptions): Wire {
  const transports = listeners.map((listener, index) => {
    const common = { listener, index, clock, count, limits }
    if (listener.transport === 'udp') return new UdpTransport(common)
    if (listener.transport === 'tcp') return new TcpTransport(common)
    const secure = { ...common, terms: tls ?? NO_TERMS, onFailure }
    return isWebSocket(listener.transport) ? new WsTransport(secure) : new TlsTransport(secure)
  })
  /** Asked for with every message, so made once. */
  let listening: readonly SipPeer[] = listeners
  const closeAll = async () => {
    await Promise.all(transports.map((each) => each.close()))
  }
  return {
    open: async (receive, closed) => {
      for (const [index, transport] of transports.entries()) {
        try {
          await transport.open(receive, closed)
        } catch (thrown) {
          await closeAll()
          if (thrown instanceof Fault) throw thrown
          throw fault('sip.cannot-listen', { listener: index, port: listeners[index]?.port ?? 0 }, thrown)
        }
      }
      listening = transports.map((each) => each.local)
    },
    send: (octets, flow, failed) => {
      const transport = transports[flow.listener]
      if (transport !== undefined) transport.send(octets, flow, failed)
      else failLater(failed)
    },
    get listening() {
      return listening
    },
    stands: (flow) => transports[flow.listener]?.stands(flow) === true,
    doubt: (flow, refused) => {
      const transport = transports[flow.listener]
      if (transport instanceof UdpTransport) transport.doubt(flow, refused)
    },
    keep: (flow) => {
      const transport = transports[flow.listener]
      if (!(transport instanceof UdpTransport)) transport?.keep(flow)
    },
    stray: (flow) => {
      const transport = transports[flow.listener]
      if (!(transport instanceof UdpTransport)) transport?.stray(flow)
    },
    close: closeAll,
  }
}

/** Of an owner who has no certificate. */
const NO_TERMS: TlsTerms = {
  server: () => {
    throw fault('sip.certificate-unreadable')
  },
  client: () => ({ domain: undefined, trust: { authorities: undefined, identity: undefined } }),
}
