/** The few functions of `sodium-native` (libsodium) that are used: in the vault, and for passwords; the package brings no types. */
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
    crypto_hash_sha256(out: Uint8Array, input: Uint8Array): void
    /** X25519 (RFC 7748): the public key of a secret one. */
    crypto_scalarmult_base(out: Uint8Array, secret: Uint8Array): void
    /** @throws Error when the other's key is one of those that make the shared secret zero. */
    crypto_scalarmult(out: Uint8Array, secret: Uint8Array, other: Uint8Array): void
    readonly crypto_pwhash_STRBYTES: number
    /** `$argon2id$` */
    readonly crypto_pwhash_STRPREFIX: string
    /** Argon2id (RFC 9106), in one of Node's threads. @param out the hash with its parameters, ended by zeros. */
    crypto_pwhash_str_async(out: Uint8Array, password: Uint8Array, passes: number, octets: number): Promise<void>
    crypto_pwhash_str_verify_async(hash: Uint8Array, password: Uint8Array): Promise<boolean>
    crypto_pwhash_str_needs_rehash(hash: Uint8Array, passes: number, octets: number): boolean
  }
  export = sodium
}
