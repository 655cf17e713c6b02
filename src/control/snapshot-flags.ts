/** Whoever starts control so that it can be asked for a heap snapshot may ask media too: for the leak test. A vault never has these flags. */

import type { ForkOptions } from 'node:child_process'

/** @param flags of Node that control was started with. @returns the options, with those of the flags that media is started with too. */
export function withSnapshotFlags(options: ForkOptions, flags: readonly string[]): ForkOptions {
  const ofSnapshots = flags.filter((flag) => /^--(?:heapsnapshot-signal|diagnostic-dir)=/.test(flag))
  return { ...options, execArgv: [...(options.execArgv ?? []), ...ofSnapshots] }
}
