/**
 * Cuts the octets of a WebSocket connection where its frames end (RFC 6455 section 5.2), so that each reaches the protocol's own reader (`ws`) in one
 * piece. Nothing else is read here: what a frame means, and whether it may be there, is the reader's to say.
 *
 * Why: a reader that gets half a frame copies it, and one that gets half a message keeps the parts and joins them, in memory that nobody else can
 * reach. A digit of an INFO would stay there. So whole frames go in, the pieces of a message are remembered until it has come out, and are
 * overwritten then.
 */

import { joined } from './framer.ts'

export type FrameCutter = {
  /** Takes what arrived; it is zero-filled when it was copied. @returns the frames that are whole. */
  push(chunk: Buffer): Buffer[]
  /** A message has come out of the frames: overwrites what else holds parts of it. @param message as the reader gave it. */
  taken(message: Buffer): void
  /** Overwrites what waits: the connection has ended. */
  close(): void
}

type Piece = { readonly octets: Buffer; readonly isLast: boolean }

const EMPTY = Buffer.alloc(0)
const FINAL = 0x80
const OPCODE = 0x0f
const MASKED = 0x80
const LENGTH = 0x7f
const FIRST_CONTROL = 8
/** RFC 6455 section 5.5. */
const MAX_CONTROL_BYTES = 125
const MASK_BYTES = 4

/** One connection's cutter. @param maxBytes longest payload. Of a longer one the reader gets the head, and refuses it; nothing is read after it. */
export function createFrameCutter(maxBytes: number): FrameCutter {
  let rest: Buffer = EMPTY
  let pieces: Piece[] = []
  let isOver = false

  return {
    push(chunk) {
      if (isOver) {
        chunk.fill(0)
        return []
      }
      const frames: Buffer[] = []
      rest = joined(rest, chunk)
      for (;;) {
        const head = headOf(rest)
        if (head === undefined) return frames
        if (head.payload > maxBytes || (head.isControl && head.payload > MAX_CONTROL_BYTES)) {
          isOver = true
          frames.push(Buffer.from(rest.subarray(0, head.bytes)))
          rest.fill(0)
          rest = EMPTY
          return frames
        }
        const end = head.bytes + head.payload
        if (rest.length < end) return frames
        const octets = rest.subarray(0, end)
        if (!head.isControl) pieces.push({ octets, isLast: head.isLast })
        frames.push(octets)
        rest = rest.subarray(end)
      }
    },
    taken(message) {
      const last = pieces.findIndex(({ isLast }) => isLast)
      const own = pieces.slice(0, last + 1)
      pieces = pieces.slice(last + 1)
      // A message of one piece is that piece's own memory.
      for (const { octets } of own) if (!holds(octets, message)) octets.fill(0)
    },
    close() {
      isOver = true
      for (const { octets } of pieces) octets.fill(0)
      pieces = []
      rest.fill(0)
      rest = EMPTY
    },
  }
}

type Head = {
  readonly bytes: number
  readonly payload: number
  readonly isLast: boolean
  readonly isControl: boolean
}

/** @returns the head of the frame that begins here; undefined when it is not all there. */
function headOf(octets: Buffer): Head | undefined {
  const [first, second] = octets
  if (first === undefined || second === undefined) return undefined
  const short = second & LENGTH
  const extra = short < 126 ? 0 : short === 126 ? 2 : 8
  const bytes = 2 + extra + ((second & MASKED) === 0 ? 0 : MASK_BYTES)
  if (octets.length < bytes) return undefined
  const payload = extra === 0 ? short : extra === 2 ? octets.readUInt16BE(2) : Number(octets.readBigUInt64BE(2))
  return { bytes, payload, isLast: (first & FINAL) !== 0, isControl: (first & OPCODE) >= FIRST_CONTROL }
}

function holds(octets: Buffer, part: Buffer): boolean {
  const from = part.byteOffset - octets.byteOffset
  return part.buffer === octets.buffer && part.length > 0 && from >= 0 && from < octets.length
}
