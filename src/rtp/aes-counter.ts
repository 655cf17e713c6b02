/**
 * AES in counter mode as SRTP uses it (RFC 3711 section 4.1.1), in place. One long-lived cipher encrypts counter blocks and the result is
 * added to the packet: a cipher object per packet costs four times as much as the encryption. What Node allocates per call is the one
 * Buffer with the key stream; it is overwritten here, since packet and key stream together are the plain packet.
 */

import { type Cipheriv, createCipheriv } from 'node:crypto'

export const BLOCK_SIZE = 16
/** Blocks of one call: an RTP packet of 2048 octets. */
const BLOCKS = 128

export class AesCounter {
  readonly #cipher: Cipheriv
  readonly #blocks = new Uint8Array(BLOCKS * BLOCK_SIZE)
  /** Views of the first n blocks, made once each. */
  readonly #views: (Uint8Array | undefined)[] = []

  /** @param key 16 or 32 octets; not kept. */
  constructor(key: Uint8Array) {
    this.#cipher = createCipheriv(key.length === 16 ? 'aes-128-ecb' : 'aes-256-ecb', key, null)
    this.#cipher.setAutoPadding(false)
  }

  /** Adds the key stream to `packet[start..end)`. @param iv 16 octets, whose last two count the blocks from 0. @throws RangeError beyond 2048 octets */
  apply(packet: Uint8Array, start: number, end: number, iv: Uint8Array): void {
    const count = Math.ceil((end - start) / BLOCK_SIZE)
    if (count <= 0) return
    if (count > BLOCKS) throw new RangeError('longer than a packet')
    const blocks = this.#blocks
    for (let block = 0, at = 0; block < count; block++) {
      for (let i = 0; i < BLOCK_SIZE - 2; i++) blocks[at++] = iv[i] as number
      blocks[at++] = block >>> 8
      blocks[at++] = block
    }
    this.#views[count] ??= blocks.subarray(0, count * BLOCK_SIZE)
    const stream = this.#cipher.update(this.#views[count])
    for (let i = start, from = 0; i < end; i++, from++) packet[i] = (packet[i] as number) ^ (stream[from] as number)
    stream.fill(0)
  }

  /** Ends the cipher: OpenSSL overwrites its key. May be called once. */
  wipe(): void {
    this.#cipher.final()
    this.#blocks.fill(0)
  }
}
