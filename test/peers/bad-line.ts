/**
 * A stretch of network between a phone's sound and the server, which loses packets or holds them up while it is told to. Without
 * such word it carries everything at once, both ways, and is the only address that the server knows.
 */

import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { openRtpPhone, type RtpPhone, type RtpPhoneOptions } from '../../src/demo/rtp-phone.ts'

export type BadLine = {
  /** Opens the phone behind this line; once. */
  openSound(options: RtpPhoneOptions): Promise<RtpPhone>
  /** Loses that part of the packets, both ways; 0 ends it. */
  lose(part: number): void
  /** Holds every packet back until it is called with false, then sends them all at once. */
  hold(on: boolean): void
}

type Waiting = () => void

/** @param random decides which packets are lost. */
export function createBadLine(random: () => number): BadLine {
  let lost = 0
  let holding = false
  const held: Waiting[] = []
  const carry = (send: Waiting): void => {
    if (random() < lost) return
    if (holding) held.push(send)
    else send()
  }
  return {
    async openSound(options) {
      const { address = '127.0.0.1' } = options
      const phone = await openRtpPhone(options)
      const [near, far] = [await boundSocket(address), await boundSocket(address)]
      let target: { readonly address: string; readonly port: number } | undefined
      let closed = false
      near.on('message', (packet) =>
        carry(() => {
          if (target !== undefined && !closed) far.send(packet, target.port, target.address)
        }),
      )
      far.on('message', (packet) =>
        carry(() => {
          if (!closed) near.send(packet, phone.port, address)
        }),
      )
      // A port of the server's that is gone says so by ICMP: nobody's business.
      for (const socket of [near, far]) socket.on('error', () => undefined)
      const behind: Pick<RtpPhone, 'talkTo' | 'close'> = {
        talkTo: (toAddress, port, eventPayloadType) => {
          target = { address: toAddress, port }
          phone.talkTo(address, near.address().port, eventPayloadType)
        },
        close: async () => {
          closed = true
          await phone.close()
          near.close()
          far.close()
        },
      }
      // What the phone tells of itself stays live: only these three are the line's.
      return Object.assign(Object.create(phone, { port: { value: far.address().port } }) as RtpPhone, behind)
    },
    lose(part) {
      lost = part
    },
    hold(on) {
      holding = on
      if (!on) for (const send of held.splice(0)) send()
    },
  }
}

async function boundSocket(address: string): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.bind(0, address)
  await once(socket, 'listening')
  return socket
}
