/** Presses as a phone sends them, packet by packet (RFC 4733). */

import { EventSender } from '../../src/rtp/telephone-event.ts'

/** @param codes one press of 60 ms each, beginning 200 ms apart. @param from sequence number of the first packet. */
export function pressPackets(codes: readonly number[], { payloadType = 101, from = 1 } = {}): Uint8Array[] {
  const sender = new EventSender({ ssrc: 7, payloadType, sequence: from })
  const packets: Uint8Array[] = []
  codes.forEach((code, i) => {
    sender.press(code, 1000 + i * 1600, 60)
    const out = new Uint8Array(100)
    for (let size = sender.next(out); size > 0; size = sender.next(out)) packets.push(out.slice(0, size))
  })
  return packets
}
