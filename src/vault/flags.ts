/**
 * Under which flags of Node a vault process runs: the permission model with reading of the program and the prompts, network, and, for
 * starting only, addons and system calls; no inspector by signal, no code out of strings. Which flags a Node knows differs.
 */

/** Where sodium-native looks which libc there is. */
const LIBC_MARK = '/etc/alpine-release'

/** @param major of the Node that runs. @param readable folders the vault may read. */
export function vaultFlags(major: number, readable: readonly string[]): string[] {
  return [
    '--permission',
    '--allow-addons',
    // Node 24 does not confine the network yet, and refuses the flag.
    ...(major >= 25 ? ['--allow-net'] : []),
    ...(major >= 26 ? ['--allow-ffi'] : []),
    ...[...readable, LIBC_MARK].map((path) => `--allow-fs-read=${path}`),
    '--disable-sigusr1',
    '--disallow-code-generation-from-strings',
    '--no-warnings',
  ]
}
