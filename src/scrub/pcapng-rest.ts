/** What a pcapng file holds beside packets: names, comments, statistics, and keys for what is encrypted in it. */

import type { Unreadable } from './unreadable.ts'

const SECTION = 0x0a0d0d0a
const BYTE_ORDER = 0x1a2b3c4d
const ENHANCED_PACKET = 6
const OBSOLETE_PACKET = 2
const SIMPLE_PACKET = 3
const SECRETS = 10
const FRAME = 12

export type PcapngRest = {
  /** Octets that may hold text: bodies of blocks, and what stands behind the octets of a packet. */
  readonly texts: readonly Uint8Array[]
  readonly unreadable: readonly Unreadable[]
  /** Where the last whole block ends. */
  readonly end: number
}

/** @returns what is beside the packets; nothing for a file of another kind. */
export function pcapngRest(file: Uint8Array): PcapngRest {
  const texts: Uint8Array[] = []
  const unreadable: Unreadable[] = []
  const view = new DataView(file.buffer, file.byteOffset, file.length)
  let little = true
  let at = 0
  while (at + FRAME <= file.length) {
    if (view.getUint32(at, true) === SECTION) little = view.getUint32(at + 8, true) === BYTE_ORDER
    else if (at === 0) break
    const type = view.getUint32(at, little)
    const length = view.getUint32(at + 4, little)
    if (length < FRAME || at + length > file.length) break
    const body = file.subarray(at + 8, at + length - 4)
    if (type === SECRETS) {
      const secrets = body.subarray(Math.min(8, body.length))
      unreadable.push({ what: 'keys that open encrypted connections', blank: () => void secrets.fill(0) })
    } else if (type === ENHANCED_PACKET || type === OBSOLETE_PACKET) {
      if (body.length >= 20) texts.push(body.subarray(Math.min(body.length, 20 + view.getUint32(at + 20, little))))
    } else if (type !== SIMPLE_PACKET) texts.push(body)
    at += (length + 3) & ~3
  }
  return { texts, unreadable, end: at }
}
