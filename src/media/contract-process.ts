/** What a media process says of itself: how busy it is, what it receives and sends packets with, which it lost. A part of `contract.ts`. */

import { aNumber, anyOf, aRecord, oneOf, type ShapeOf, theWord } from '../base/shape.ts'

/** How busy a process was since it last said so. Every number is of the process as a whole. */
export const aMediaLoad = aRecord({
  /** One beat in a hundred came later than this, milliseconds; those that were left out are counted. */
  lateMs: aNumber,
  ports: aNumber,
  /** Pairs of ports that could be bound; spares are none of them. */
  freePairs: aNumber,
  /** Datagrams. */
  receivedPerSecond: aNumber,
  sentPerSecond: aNumber,
  /** Processor time of all its threads, as part of one core. */
  cpuShare: aNumber,
  memoryMegabytes: aNumber,
  /** Beats left out because it was stopped or starved, and ports cut off because of a defect, since it started. */
  skippedTicks: aNumber,
  broken: aNumber,
})
export type MediaLoad = ShapeOf<typeof aMediaLoad>

/** How a media process receives and sends packets, and where it is not the addon, why. */
export const aPacketIo = anyOf(
  aRecord({ udp: theWord('addon') }),
  aRecord({ udp: theWord('dgram'), because: oneOf('asked', 'not-linux', 'not-built', 'not-usable') }),
)
export type PacketIo = ShapeOf<typeof aPacketIo>

/** Packets that a media process lost between the system and its tick since it started, by reason. */
export const someUdpLosses = aRecord({
  /** Received: no slot was free, or the datagram was longer than one. */
  overflowed: aNumber,
  tooLong: aNumber,
  /** Not sent: the buffers of the system were full (EAGAIN, ENOBUFS, ENOMEM). */
  full: aNumber,
  /** The far end has no such port (ECONNREFUSED). */
  refused: aNumber,
  /** There is no way there (ENETUNREACH, EHOSTUNREACH). */
  unreachable: aNumber,
  /** A firewall of this machine, or a broadcast address (EPERM, EACCES). */
  forbidden: aNumber,
  /** Anything else: port 0, an address of another family, too long for the network. */
  unsendable: aNumber,
})
export type UdpLosses = ShapeOf<typeof someUdpLosses>
