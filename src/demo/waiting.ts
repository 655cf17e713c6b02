/** Waiting for what takes real time: sound, sockets, other processes. Always with a limit. */

/** For states that come by themselves: only what never comes should take so long, also on a machine that has other things to do. */
const LIMIT_MS = 20_000

/** Waits for a condition, looking every few milliseconds. @throws Error when it does not come within the limit. */
export async function until(condition: () => boolean, what: string, limitMs = LIMIT_MS): Promise<void> {
  const endMs = performance.now() + limitMs
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`did not come within ${limitMs} ms: ${what}`)
    await pause(5)
  }
}

/** Lets real time pass: for sound, which has a length. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
