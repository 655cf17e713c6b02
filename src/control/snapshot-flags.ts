/** Whoever starts control so that it can be asked for a heap snapshot may ask media too: for the leak test. A vault never has these flags. */

/** @param flags of Node that control was started with. @returns those that media is started with too. */
export function snapshotFlags(flags: readonly string[]): readonly string[] {
  return flags.filter((flag) => /^--(?:heapsnapshot-signal|diagnostic-dir)=/.test(flag))
}
