/** The real wire: one UDP or TCP transport per listener, and the choice between them by a flow's listener. */

import type { Clock } from '../base/clock.ts'
import { fault } from '../base/fault.ts'
import type { SipPeer } from './session.ts'
import { TcpTransport } from './tcp-transport.ts'
import { failLater, type Listener, type Wire } from './transport.ts'
import { UdpTransport } from './udp-transport.ts'

/** @returns a wire over sockets, not yet bound. Its `open` throws Fault `sip.cannot-listen`. */
export function createWire(listeners: readonly Listener[], clock: Clock): Wire {
  const transports = listeners.map((each, index) =>
    each.transport === 'udp' ? new UdpTransport(each, index) : new TcpTransport(each, index, clock),
  )
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
    keep: (flow) => {
      const transport = transports[flow.listener]
      if (transport instanceof TcpTransport) transport.keep(flow)
    },
    close: closeAll,
  }
}
