/** How long a token is still good. Pure. */

const SOON_MS = 14 * 86_400_000

export function standingOf(expiresMs: number, nowMs: number): 'good' | 'soon' | 'expired' {
  if (expiresMs <= nowMs) return 'expired'
  return expiresMs - nowMs < SOON_MS ? 'soon' : 'good'
}
