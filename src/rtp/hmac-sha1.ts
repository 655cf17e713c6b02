/**
 * HMAC-SHA1 (RFC 2104, FIPS 180-4) for the tags of SRTP. Here and not by `node:crypto`, since that makes an object per packet, which takes
 * longer than this whole computation; both pads are hashed once, and nothing is allocated per packet.
 */

import { read32, write32 } from './octets.ts'

const BLOCK = 64
/** Octets of the whole tag. */
export const SHA1_SIZE = 20
const INITIAL = [0x67452301, 0xefcdab89 | 0, 0x98badcfe | 0, 0x10325476, 0xc3d2e1f0 | 0]

export class HmacSha1 {
  readonly #inner = Int32Array.from(INITIAL)
  readonly #outer = Int32Array.from(INITIAL)
  readonly #state = new Int32Array(5)
  readonly #words = new Int32Array(80)
  readonly #block = new Uint8Array(BLOCK)
  readonly #tag = new Uint8Array(SHA1_SIZE)

  /** @param key at most 64 octets; not kept. */
  constructor(key: Uint8Array) {
    for (const [state, pad] of [
      [this.#inner, 0x36],
      [this.#outer, 0x5c],
    ] as const) {
      this.#block.fill(pad)
      for (let i = 0; i < key.length; i++) this.#block[i] = (key[i] as number) ^ pad
      compress(state, this.#words, this.#block, 0)
    }
    this.#block.fill(0)
  }

  /** @returns the tag of `message[0..end)` and, unless absent, four octets more. The same array each time. */
  tag(message: Uint8Array, end: number, more?: number): Uint8Array {
    const state = this.#state
    state.set(this.#inner)
    let at = 0
    for (; at + BLOCK <= end; at += BLOCK) compress(state, this.#words, message, at)
    const block = this.#block
    let left = 0
    while (at < end) block[left++] = message[at++] as number
    let total = end
    if (more !== undefined) {
      total += 4
      for (let shift = 24; shift >= 0; shift -= 8) {
        block[left++] = more >>> shift
        if (left === BLOCK) {
          compress(state, this.#words, block, 0)
          left = 0
        }
      }
    }
    this.#finish(state, left, BLOCK + total)
    for (let i = 0; i < 5; i++) write32(block, i * 4, state[i] as number)
    state.set(this.#outer)
    this.#finish(state, SHA1_SIZE, BLOCK + SHA1_SIZE)
    for (let i = 0; i < 5; i++) write32(this.#tag, i * 4, state[i] as number)
    return this.#tag
  }

  /** Overwrites all that was made of the key. */
  wipe(): void {
    for (const each of [this.#inner, this.#outer, this.#state, this.#words, this.#block, this.#tag]) each.fill(0)
  }

  /** Pads the block behind `left` octets and takes it in (FIPS 180-4 section 5.1.1). */
  #finish(state: Int32Array, left: number, total: number): void {
    const block = this.#block
    block[left] = 0x80
    block.fill(0, left + 1)
    if (left >= BLOCK - 8) {
      compress(state, this.#words, block, 0)
      block.fill(0)
    }
    write32(block, BLOCK - 4, total * 8)
    compress(state, this.#words, block, 0)
  }
}

/** One block into the state (FIPS 180-4 section 6.1.2). */
function compress(state: Int32Array, w: Int32Array, p: Uint8Array, at: number): void {
  for (let i = 0; i < 16; i++) w[i] = read32(p, at + i * 4)
  for (let i = 16; i < 80; i++) {
    const x = (w[i - 3] as number) ^ (w[i - 8] as number) ^ (w[i - 14] as number) ^ (w[i - 16] as number)
    w[i] = (x << 1) | (x >>> 31)
  }
  let a = state[0] as number
  let b = state[1] as number
  let c = state[2] as number
  let d = state[3] as number
  let e = state[4] as number
  for (let i = 0; i < 80; i++) {
    const mixed =
      i < 20
        ? ((b & c) | (~b & d)) + 0x5a827999
        : i < 40
          ? (b ^ c ^ d) + 0x6ed9eba1
          : i < 60
            ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
            : (b ^ c ^ d) + 0xca62c1d6
    const next = (((a << 5) | (a >>> 27)) + mixed + e + (w[i] as number)) | 0
    e = d
    d = c
    c = (b << 30) | (b >>> 2)
    b = a
    a = next
  }
  state[0] = ((state[0] as number) + a) | 0
  state[1] = ((state[1] as number) + b) | 0
  state[2] = ((state[2] as number) + c) | 0
  state[3] = ((state[3] as number) + d) | 0
  state[4] = ((state[4] as number) + e) | 0
}
