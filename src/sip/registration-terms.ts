/** Whether a registration of ours stands on the same terms as before. Pure. */

import type { RegistrationTerms } from './registration.ts'

type Terms = Omit<RegistrationTerms, 'trunk'>

/** @returns whether nothing would be said otherwise to the registrar. */
export function isSameRegistration(one: Terms, other: Terms): boolean {
  const { credentials: mine, ...rest } = one
  const { credentials: theirs, ...otherRest } = other
  return JSON.stringify(rest) === JSON.stringify(otherRest) && isSameProof(mine, theirs)
}

function isSameProof(one: Terms['credentials'], other: Terms['credentials']): boolean {
  if (one === undefined || other === undefined) return one === other
  return one.user === other.user && one.realm === other.realm && one.password.reveal() === other.password.reveal()
}
