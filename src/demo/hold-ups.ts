/** Tells a gap in what arrives from a listener that was not listening: real time is measured here, on machines that are busy. */

/**
 * Watches whether this very process is held up, by other work on the machine: what arrives then seems to come late.
 * @returns how long it was held up between two times, milliseconds, and how to end the watch.
 */
export function watchHoldUps(): { heldMs(fromMs: number, toMs: number): number; close(): void } {
  const beatMs = 5
  const holdUps: { readonly fromMs: number; readonly toMs: number }[] = []
  let lastMs = performance.now()
  const timer = setInterval(() => {
    const nowMs = performance.now()
    if (nowMs - lastMs > 2 * beatMs) holdUps.push({ fromMs: lastMs, toMs: nowMs })
    lastMs = nowMs
  }, beatMs)
  return {
    heldMs: (fromMs, toMs) =>
      holdUps.reduce((sum, held) => sum + Math.max(0, Math.min(held.toMs, toMs) - Math.max(held.fromMs, fromMs)), 0),
    close: () => clearInterval(timer),
  }
}
