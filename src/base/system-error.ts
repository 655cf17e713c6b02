/** What Node and the system say of an error, in one word. */

const REASON_CHARS = 40

/** @returns its code, such as `ECONNREFUSED`; `unknown` where it has none. */
export function systemCodeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown'
}

/** @returns the same as a word for a log, such as `econnrefused`. */
export function reasonWordOf(thrown: unknown): string {
  return systemCodeOf(thrown)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, REASON_CHARS)
}
