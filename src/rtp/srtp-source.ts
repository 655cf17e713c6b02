/**
 * What is known of one SSRC under one key: the highest index so far, whose upper 32 bits are the rollover counter (RFC 3711 section 3.3.1),
 * and which of the last 64 have been (section 3.3.2). The same for a sender, who must never use an index twice.
 */

export type SrtpSource = {
  readonly ssrc: number
  /** 48 bits of RTP, 31 of RTCP. */
  index: number
  /** Bit n: the index that is n lower has been; 32 bits each. */
  recent: number
  older: number
}

/** Indices that are told apart behind the highest (RFC 3711 section 3.3.2 asks for 64). */
const WINDOW = 64
const SEQUENCES = 0x1_0000
const HALF = 0x8000
const INDEX_END = 0x1_0000_0000_0000

/** @returns the index of a sequence number, the nearest one to the highest so far (RFC 3711 section 3.3.1); -1 when there is none. */
export function indexOf(highest: number, sequence: number): number {
  const last = highest % SEQUENCES
  const first = highest - last
  let index = first + sequence
  if (last < HALF ? sequence - last > HALF : false) index -= SEQUENCES
  else if (last >= HALF && last - HALF > sequence) index += SEQUENCES
  return index < INDEX_END ? index : -1
}

/** @returns whether an index is new: neither been nor too far back to be told. */
export function isNew(source: SrtpSource, index: number): boolean {
  const back = source.index - index
  if (back < 0) return true
  if (back >= WINDOW) return false
  return ((back < 32 ? source.recent >>> back : source.older >>> (back - 32)) & 1) === 0
}

/** Notes an index that `isNew` let through and that was authenticated. */
export function noteIndex(source: SrtpSource, index: number): void {
  const ahead = index - source.index
  if (ahead > 0) {
    source.index = index
    slide(source, ahead)
    source.recent = (source.recent | 1) >>> 0
  } else if (ahead > -32) source.recent = (source.recent | (1 << -ahead)) >>> 0
  else source.older = (source.older | (1 << (-ahead - 32))) >>> 0
}

function slide(source: SrtpSource, by: number): void {
  const { recent, older } = source
  if (by >= WINDOW) {
    source.recent = 0
    source.older = 0
  } else if (by >= 32) {
    source.older = (recent << (by - 32)) >>> 0
    source.recent = 0
  } else {
    source.older = ((older << by) | (recent >>> (32 - by))) >>> 0
    source.recent = (recent << by) >>> 0
  }
}
