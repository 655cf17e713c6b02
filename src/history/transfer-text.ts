/** A transfer in words, for tables of people and for CSV. */

import type { TransferRow } from './row.ts'

/** @returns such as `blind alice > bob`, or `attended alice failed (486)`. */
export function transferText({ kind, by, to, outcome, status }: TransferRow): string {
  const asked = `${kind} ${by ?? '-'}`
  if (outcome === 'transferred') return `${asked} > ${to === '' || to === null ? 'outside' : to}`
  return `${asked} ${outcome}${status === null ? '' : ` (${status})`}`
}
