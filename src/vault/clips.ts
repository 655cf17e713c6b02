/** Which clip says what: a fault of an entry, a failure of a session. */

import type { EntryFault, Failure } from './contract.ts'

/** Says what was wrong with an entry. */
export const FAULT_CLIPS: Readonly<Record<EntryFault, string>> = {
  'too-short': 'too-short',
  'too-long': 'too-long',
  'invalid-card-number': 'card-number-invalid',
  'invalid-card-type': 'card-brand-refused',
  'invalid-date': 'expiry-invalid',
  expired: 'expired',
  'invalid-security-code': 'security-code-invalid',
  timeout: 'nothing-heard',
}

/** @returns the clip that tells the caller why a session failed; most reasons are none of a caller's business. */
export function failureClip(reason: Failure): string {
  if (reason === 'too-many-failed-attempts') return 'too-many-attempts'
  return reason === 'cancelled' ? 'cancelled' : 'failed'
}
