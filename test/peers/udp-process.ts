/**
 * A process with a `UdpBatch` of its own, told what to do by its parent: opens sockets, takes one over, gives it back, says what it
 * received. Run with the name of the implementation.
 */

import { asSendable, isUdpHandle } from '../../src/base/udp-handle.ts'
import type { SocketId } from '../../src/media/udp-batch.ts'
import { drainOnce, implementationOf, sendBatch } from './udp-implementations.ts'

export type Order =
  | { readonly do: 'open' | 'adopt' | 'give-back' | 'report' }
  /** Sends packets to a port of loopback, one batch. */
  | { readonly do: 'send'; readonly port: number; readonly packets: readonly (readonly number[])[] }
  /** Opens sockets until none can be had any more, closes them, and opens one. */
  | { readonly do: 'exhaust' }

export type Answer = {
  /** Of the socket that was opened. */
  readonly port: number
  /** First 32 bits of each packet received so far, in order. */
  readonly marks: readonly number[]
  readonly losses: Readonly<Record<string, number>>
  /** How `exhaust` ended: sockets, why no more, whether there is one again. */
  readonly exhausted?: { readonly sockets: number; readonly because: string; readonly again: boolean }
}

const udp = implementationOf(process.argv[2] ?? '').make()
let socket: SocketId = -1
let port = 0
const marks: number[] = []

function take(): void {
  for (const { octets } of drainOnce(udp)) marks.push(new DataView(octets.buffer).getUint32(0))
}

setInterval(take, 1)

process.on('message', (order: Order, handle: unknown) => {
  void carryOut(order, handle)
})

async function carryOut(order: Order, handle: unknown): Promise<void> {
  switch (order.do) {
    case 'open': {
      const open = await udp.open('IPv4', '127.0.0.1', 0)
      if (typeof open === 'string') throw new Error(open)
      ;({ socket, port } = open)
      return answer()
    }
    case 'adopt':
      if (!isUdpHandle(handle)) throw new Error('no handle')
      socket = await udp.adopt(handle, 'IPv4')
      return answer()
    case 'give-back': {
      const given = socket
      const back = udp.handOver(given)
      take()
      process.send?.({ port, marks, losses: udp.losses() }, asSendable(back), undefined, () => udp.close(given))
      return
    }
    case 'send':
      sendBatch(
        udp,
        order.packets.map((octets) => ({
          socket,
          octets: Uint8Array.from(octets),
          address: '127.0.0.1',
          port: order.port,
        })),
      )
      return answer()
    case 'report':
      take()
      return answer()
    case 'exhaust':
      return answer({ exhausted: await exhaust() })
  }
}

function answer(more: Partial<Answer> = {}): void {
  process.send?.({ port, marks, losses: udp.losses(), ...more } satisfies Answer)
}

async function exhaust(): Promise<NonNullable<Answer['exhausted']>> {
  const opened: SocketId[] = []
  for (;;) {
    const open = await udp.open('IPv4', '127.0.0.1', 0)
    if (typeof open !== 'string') {
      opened.push(open.socket)
      continue
    }
    for (const each of opened) udp.close(each)
    // The system has them back a turn later.
    await new Promise((resolve) => setTimeout(resolve, 50))
    const again = await udp.open('IPv4', '127.0.0.1', 0)
    return { sockets: opened.length, because: open, again: typeof again !== 'string' }
  }
}

answer()
