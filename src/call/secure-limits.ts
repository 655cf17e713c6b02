/** How long each step of a secure session may take before it is taken for failed. */

import { type Plan, SETTLE_MAX_MS, TELLING_MAX_MS } from '../vault/contract.ts'
import type { SecureTimer } from './secure-states.ts'

/** ms. Both people are told or reconnected within 2 s of a failure. */
const LIMITS_MS = {
  parting: 2000,
  releasing: 2000,
  handing: 2000,
  stopping: 2000,
  adopting: 2000,
  renewing: 2000,
  // The caller hears how it went, in clips that may be anybody's: the vault ends them in time.
  returning: TELLING_MAX_MS + SETTLE_MAX_MS + 2000,
} as const
/** The vault keeps the limit of the plan; this much later its silence is taken for a defect. */
const SESSION_GRACE_MS = 5000

/** @returns ms from entering a state until it has lasted too long. */
export function limitOf(timer: SecureTimer, plan: Pick<Plan, 'sessionMs' | 'validation'>): number {
  return timer === 'capturing' ? plan.sessionMs + plan.validation.timeoutMs + SESSION_GRACE_MS : LIMITS_MS[timer]
}
