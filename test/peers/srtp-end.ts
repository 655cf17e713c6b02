/** The far end of a stream of SRTP in tests: what it sends it protects, what it is sent it opens; the keys of our side, crosswise. */

import { type SrtpKeys, type SrtpSuiteName, srtpSuite } from '../../src/base/srtp-suites.ts'
import { SrtcpContext } from '../../src/rtp/srtcp.ts'
import { SrtpContext } from '../../src/rtp/srtp.ts'
import type { Phone } from './stepped-room.ts'

/** @returns keys of a suite as our side has them, made of two octets. */
export function srtpKeys(suite: SrtpSuiteName, send = 1, receive = 2): SrtpKeys {
  const { keySize, saltSize } = srtpSuite(suite)
  // A Buffer, as the system draws keys and channels bring them.
  const master = (fill: number) => Buffer.alloc(keySize + saltSize, fill)
  return { suite, sendMaster: master(send), receiveMaster: master(receive) }
}

export type SrtpEnd = {
  /** @returns a packet as it goes over the wire. */
  seal(octets: Uint8Array): Uint8Array
  sealReport(octets: Uint8Array): Uint8Array
  /** @returns the plain packet; undefined when it was not made with the keys, or has been. */
  open(octets: Uint8Array): Uint8Array | undefined
  openReport(octets: Uint8Array): Uint8Array | undefined
}

/** @param sent indices that it goes on from. */
export function srtpEnd(keys: SrtpKeys, sent: SrtpContext['sources'] = []): SrtpEnd {
  const { suite, sendMaster, receiveMaster } = keys
  const [out, outReports] = [new SrtpContext(suite, receiveMaster, sent), new SrtcpContext(suite, receiveMaster)]
  const [into, intoReports] = [new SrtpContext(suite, sendMaster), new SrtcpContext(suite, sendMaster)]
  const sealed = (context: SrtpContext | SrtcpContext, octets: Uint8Array) => {
    const packet = new Uint8Array(octets.length + context.growth)
    packet.set(octets)
    return packet.subarray(0, context.protect(packet, octets.length))
  }
  const opened = (context: SrtpContext | SrtcpContext, octets: Uint8Array) => {
    const packet = octets.slice()
    const length = context.open(packet, packet.length)
    return length < 0 ? undefined : packet.subarray(0, length)
  }
  return {
    seal: (octets) => sealed(out, octets),
    sealReport: (octets) => sealed(outReports, octets),
    open: (octets) => opened(into, octets),
    openReport: (octets) => opened(intoReports, octets),
  }
}

/** Lets a phone of the stepped room say everything as that far end. @returns how to give it another one, for another key. */
export function speakSrtp(phone: Phone, end: SrtpEnd): (other: SrtpEnd) => void {
  const { raw } = phone
  let current = end
  phone.raw = (octets, address, port) => raw(current.seal(octets), address, port)
  return (other) => {
    current = other
  }
}
