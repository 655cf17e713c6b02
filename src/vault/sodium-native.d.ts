/** The few functions of `sodium-native` (libsodium) that the vault uses; the package brings no types. */
declare module 'sodium-native' {
  const sodium: {
    sodium_malloc(size: number): Buffer
    sodium_free(memory: Buffer): void
    /** @throws Error when the limit of locked memory is reached. */
    sodium_mlock(memory: Uint8Array): void
    sodium_munlock(memory: Uint8Array): void
    sodium_memzero(memory: Uint8Array): void
    randombytes_buf(memory: Uint8Array): void
    readonly crypto_box_SECRETKEYBYTES: number
    readonly crypto_box_SEALBYTES: number
    crypto_box_keypair(publicKey: Uint8Array, secretKey: Uint8Array): void
    crypto_box_seal(sealed: Uint8Array, plain: Uint8Array, publicKey: Uint8Array): void
    /** @returns false when it was not sealed to this key, or was changed. */
    crypto_box_seal_open(plain: Uint8Array, sealed: Uint8Array, publicKey: Uint8Array, secretKey: Uint8Array): boolean
  }
  export = sodium
}
