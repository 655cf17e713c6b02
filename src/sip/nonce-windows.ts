/**
 * The memory of a digest server: which counts of which nonce were used (RFC 7616 section 3.4.5). Bounded: when there are too many nonces
 * the oldest is forgotten, and every nonce that expires no later than it and is not remembered reads as used up; its client is
 * challenged anew. Forgetting so never lets a replay in.
 */

import type { NonceWindow } from './digest.ts'

/** A window that takes no count any more. */
const USED_UP: NonceWindow = { highest: Number.MAX_SAFE_INTEGER, seen: -1 }

export type NonceWindows = {
  /** For `verify`. */
  windowOf(nonce: string, expiresAtMs: number): NonceWindow | undefined
  /** Keeps what a verdict `proved` says, and drops what has expired. */
  keep(
    proved: { readonly nonce: string; readonly window: NonceWindow; readonly expiresAtMs: number },
    nowMs: number,
  ): void
  readonly size: number
}

/** @param limit how many nonces are remembered. */
export function nonceWindows(limit: number): NonceWindows {
  /** In the order of first use, which is nearly that of expiry. */
  const kept = new Map<string, { readonly window: NonceWindow; readonly expiresAtMs: number }>()
  let forgottenUpToMs = Number.NEGATIVE_INFINITY
  return {
    windowOf: (nonce, expiresAtMs) => kept.get(nonce)?.window ?? (expiresAtMs <= forgottenUpToMs ? USED_UP : undefined),
    keep: ({ nonce, window, expiresAtMs }, nowMs) => {
      kept.set(nonce, { window, expiresAtMs })
      for (const [old, row] of kept) {
        if (row.expiresAtMs >= nowMs && kept.size <= limit) break
        kept.delete(old)
        forgottenUpToMs = Math.max(forgottenUpToMs, row.expiresAtMs)
      }
    },
    get size() {
      return kept.size
    },
  }
}
