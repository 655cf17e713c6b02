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
  }
  export = sodium
}
