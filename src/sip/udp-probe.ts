/**
 * Whether anybody listens where datagrams go unanswered. A socket that sends to everybody is not told of "port unreachable" (RFC 1122 section 4.1.3.3),
 * one that is connected is: so one of those sends a keep-alive there, which whoever speaks SIP ignores (RFC 5626 section 3.5.1), and the system says
 * whether it was refused. Silence says nothing.
 */

import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { Clock } from '../base/clock.ts'
import { numericOnly } from '../base/udp-handle.ts'
import type { Milliseconds } from '../base/units.ts'
import { isWildcard } from './transport.ts'

/** How long a refusal is waited for. */
const WAIT_MS: Milliseconds = 900
/** Peers that are asked at once; of more nothing is known. */
const MAX_PROBES = 64
const KEEP_ALIVE = Buffer.from('\r\n\r\n', 'latin1')
/** What ICMP says becomes these: nobody at the port, no way to the host (RFC 1122 section 3.2.2.1). */
const REFUSALS: readonly string[] = ['ECONNREFUSED', 'EHOSTUNREACH']

export type UdpProbe = {
  /** @param refused called, once and later, when the peer's host says that nobody is there. */
  ask(address: string, port: number, refused: () => void): void
  /** May be called twice. */
  close(): void
}

/** @param local address that the listener has; a wildcard is left to the system. */
export function createUdpProbe(clock: Clock, local: string): UdpProbe {
  const open = new Map<string, { readonly waiting: (() => void)[]; readonly end: () => void }>()

  const begin = (key: string, address: string, port: number, waiting: (() => void)[]) => {
    let socket: Socket
    try {
      socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', lookup: numericOnly })
    } catch {
      // Out of descriptors: as good as silence.
      return
    }
    let isOver = false
    const end = () => {
      if (isOver) return
      isOver = true
      open.delete(key)
      limit.cancel()
      socket.close()
    }
    const limit = clock.after(WAIT_MS, end)
    open.set(key, { waiting, end })
    const fail = (code: string | undefined) => {
      if (isOver) return
      end()
      if (code !== undefined && REFUSALS.includes(code)) for (const refused of waiting) refused()
    }
    socket.on('error', (error: NodeJS.ErrnoException) => fail(error.code))
    socket.bind({ port: 0, ...(isWildcard(local) ? {} : { address: local }) }, () => {
      if (isOver) return
      socket.connect(port, address, () => {
        if (isOver) return
        socket.send(KEEP_ALIVE, (error) => {
          if (error !== null) fail((error as NodeJS.ErrnoException).code)
        })
      })
    })
  }

  return {
    ask: (address, port, refused) => {
      const key = `${address} ${port}`
      const standing = open.get(key)
      if (standing !== undefined) standing.waiting.push(refused)
      else if (open.size < MAX_PROBES && port > 0 && port < 65_536) begin(key, address, port, [refused])
    },
    close: () => {
      for (const { end } of [...open.values()]) end()
    },
  }
}
