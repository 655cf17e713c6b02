/** Keeps every datagram of both phones as a capture that Wireshark opens. What the caller keys is left out, on its own leg too. */

import { pcapFileHeader, pcapUdpRecord } from '../rtp/pcap.ts'

type End = { readonly address: string; readonly port: number }

export type CallCapture = {
  add(direction: 'sent' | 'received', own: End, far: End, bytes: Uint8Array): void
  /** From now on, what this address sends is left out; `undefined` ends it. */
  leaveOut(address: string | undefined): void
  /** The capture so far. */
  bytes(): Buffer
}

/** @param wallMs milliseconds since 1970. */
export function createCallCapture(wallMs: () => number): CallCapture {
  const records: Uint8Array[] = [pcapFileHeader()]
  let leftOut: string | undefined
  return {
    add: (direction, own, far, bytes) => {
      const [from, to] = direction === 'sent' ? [own, far] : [far, own]
      if (from.address === leftOut) return
      const record = pcapUdpRecord(wallMs(), from, to, bytes)
      if (record !== undefined) records.push(record)
    },
    leaveOut: (address) => {
      leftOut = address
    },
    bytes: () => Buffer.concat(records),
  }
}
