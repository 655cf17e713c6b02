/**
 * Key presses that control cannot read: SIP INFO passes through it, so the body is sealed there to a vault's public key (libsodium's
 * sealed box: X25519, XSalsa20-Poly1305, an ephemeral key pair each time) and opened here, in locked memory.
 *
 *     | form | length | body, filled up with zeros |       plain: always as long, so that its size says nothing
 */

import sodium from 'sodium-native'
import { type InfoForm, infoKey } from '../base/info-key.ts'
import { PUBLIC_KEY_SIZE, SEALED_KEY_SIZE } from './contract.ts'
import { LockedMemory } from './locked-memory.ts'

const PLAIN_SIZE = SEALED_KEY_SIZE - sodium.crypto_box_SEALBYTES
const BODY_AT = 2
/** Longest body of an INFO that tells of one key. */
const BODY_MAX = PLAIN_SIZE - BODY_AT
const FORMS: readonly InfoForm[] = ['dtmf-relay', 'dtmf']

/** One body in locked memory, on either side. */
export class KeyPlain {
  readonly #plain = new LockedMemory(PLAIN_SIZE)

  /** @returns false when it is too long; nothing is kept then. */
  put(form: InfoForm, octets: Uint8Array, from: number, to: number): boolean {
    this.wipe()
    const { bytes } = this.#plain
    if (to - from > BODY_MAX || to <= from) return false
    bytes[0] = FORMS.indexOf(form)
    bytes[1] = to - from
    for (let i = from; i < to; i++) bytes[BODY_AT + i - from] = octets[i] as number
    return true
  }

  get empty(): boolean {
    return this.#plain.bytes[1] === 0
  }

  /** @returns the RFC 4733 event code, or -1. */
  key(): number {
    const { bytes } = this.#plain
    const form = FORMS[bytes[0] as number]
    const length = bytes[1] as number
    return form === undefined || length > BODY_MAX ? -1 : infoKey(form, bytes, BODY_AT, BODY_AT + length)
  }

  /** @returns the body sealed to a public key. */
  sealTo(publicKey: Uint8Array): Uint8Array {
    const sealed = new Uint8Array(new ArrayBuffer(SEALED_KEY_SIZE))
    sodium.crypto_box_seal(sealed, this.#plain.bytes, publicKey)
    return sealed
  }

  /** Fills it from a sealed body. @returns false when it was not sealed to this key. */
  open(sealed: Uint8Array, publicKey: Uint8Array, secretKey: Uint8Array): boolean {
    return sodium.crypto_box_seal_open(this.#plain.bytes, sealed, publicKey, secretKey)
  }

  /** May be called twice. */
  wipe(): void {
    this.#plain.wipe()
  }

  /** Wipes and gives the memory back. May be called twice. */
  close(): void {
    this.#plain.close()
  }
}

/** A vault's key pair, made at start; the secret one never leaves its locked memory. */
export class KeyBox {
  readonly publicKey: Uint8Array = new Uint8Array(new ArrayBuffer(PUBLIC_KEY_SIZE))
  readonly #secret = new LockedMemory(sodium.crypto_box_SECRETKEYBYTES)
  readonly #plain = new KeyPlain()

  constructor() {
    sodium.crypto_box_keypair(this.publicKey, this.#secret.bytes)
  }

  /** @returns the RFC 4733 event code of a sealed press; -1 when it is none, or not for us. */
  open(sealed: Uint8Array): number {
    if (this.#secret.bytes.length === 0) return -1
    const key = this.#plain.open(sealed, this.publicKey, this.#secret.bytes) ? this.#plain.key() : -1
    this.#plain.wipe()
    return key
  }

  /** Wipes the key pair; nothing can be opened any more. May be called twice. */
  close(): void {
    this.#secret.close()
    this.#plain.close()
  }
}
