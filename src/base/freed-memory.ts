/**
 * Has the C library overwrite memory the moment it is freed. Node reads a datagram into a piece of 64 KiB, copies what came and frees the piece as it
 * is; the engine saves registers in memory that it frees as it is: a digit that came that way could be found until something happens to be
 * written over it. glibc only (its manual, section Memory Allocation Tunables); elsewhere these settings have no effect.
 *
 * And has OpenSSL decrypt AES-GCM without AVX-512, by which it keeps up to 15 octets of the end of a TLS record, a key of an INFO among them, until the next comes
 * (OPENSSL_ia32cap(3)). Other processors and other ciphers have no such thing.
 */

/** Where glibc takes its settings from, once, when a program begins. */
export const TUNABLES = 'GLIBC_TUNABLES'
const CAPABILITIES = 'OPENSSL_ia32cap'
/** Without VAES and VPCLMULQDQ: bits 9 and 10 of ECX in leaf 7 of CPUID, which OpenSSL counts as 41 and 42 of its second word. */
const WITHOUT_WIDE_AES = ':~0x60000000000'
/** Tells a process that was begun anew that it was, or one whose settings are not obeyed would begin anew for ever. */
const BEGUN = '_SOTTO_BEGUN_ANEW'

/** 255 overwrites what is freed with ones and what is taken with zeros. Small pieces kept aside for a thread are not overwritten: there are none. */
const OVERWRITING = ['glibc.malloc.perturb=255', 'glibc.malloc.tcache_count=0'] as const

type Environment = Readonly<Record<string, string | undefined>>

/** @returns the settings, with whatever else stands there. */
export function overwritingTunables(env: Environment): string {
  const names = OVERWRITING.map((setting) => `${setting.split('=')[0]}=`)
  const others = (env[TUNABLES] ?? '')
    .split(':')
    .filter((one) => one !== '' && !names.some((name) => one.startsWith(name)))
  return [...others, ...OVERWRITING].join(':')
}

/** @returns whether a vault's environment holds this: the channel's own, and these settings as they are above. */
export function isOfVault(name: string, value: string | undefined): boolean {
  return name.startsWith('NODE_CHANNEL_') || (name === TUNABLES && value === OVERWRITING.join(':'))
}

/** @returns what the kernel shows of an environment as it was given: glibc 2.36 cuts the list of settings up where it lies as it reads it. */
export function environmentAsGiven(shown: string): string {
  return shown.replace(OVERWRITING.join('\0'), OVERWRITING.join(':'))
}

/** @returns the environment to begin this program anew with, so that it overwrites what it frees and keeps nothing of what it decrypts; undefined when it was begun so. */
export function environmentToBeginWith(env: Environment): Record<string, string> | undefined {
  if (env[BEGUN] !== undefined) return undefined
  const kept = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const given = Object.fromEntries(kept)
  return { [CAPABILITIES]: WITHOUT_WIDE_AES, ...given, [TUNABLES]: overwritingTunables(env), [BEGUN]: '1' }
}
