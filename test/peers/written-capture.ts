/** Capture files as dumpcap would write them (draft-ietf-opsawg-pcapng), of raw IP packets. */

const SECTION = 0x0a0d0d0a
const INTERFACE = 1
const ENHANCED_PACKET = 6
const LINKTYPE_RAW = 101

function block(type: number, body: Buffer): Buffer {
  const padded = Buffer.concat([body, Buffer.alloc(-body.length & 3)])
  const [start, end] = [Buffer.alloc(8), Buffer.alloc(4)]
  start.writeUInt32LE(type)
  for (const [frame, at] of [[start, 4], [end, 0]] as const) frame.writeUInt32LE(padded.length + 12, at) // biome-ignore format: a row
  return Buffer.concat([start, padded, end])
}

/** Section and interface. */
export function captureHead(): Buffer {
  const [section, port] = [Buffer.alloc(16, 0xff), Buffer.alloc(8)]
  section.writeUInt32LE(0x1a2b3c4d)
  section.writeUInt32LE(1, 4)
  port.writeUInt16LE(LINKTYPE_RAW)
  return Buffer.concat([block(SECTION, section), block(INTERFACE, port)])
}

/** One packet. @param atMs since 1970. */
export function packetBlock(packet: Uint8Array, atMs = 0): Buffer {
  const head = Buffer.alloc(20)
  const micros = Math.round(atMs * 1000)
  head.writeUInt32LE(Math.floor(micros / 2 ** 32), 4)
  head.writeUInt32LE(micros % 2 ** 32, 8)
  head.writeUInt32LE(packet.length, 12)
  head.writeUInt32LE(packet.length, 16)
  return block(ENHANCED_PACKET, Buffer.concat([head, packet]))
}

/** A whole file. */
export function captureOf(packets: readonly Uint8Array[]): Buffer {
  return Buffer.concat([captureHead(), ...packets.map((packet) => packetBlock(packet))])
}
