/** The door of the `people` room: who asks, and what he may. */

export { directoryUsers, watchUsers } from './directory-users.ts'
export { createFirstRun, type FirstRun } from './first-run.ts'
export { createPasswords } from './password.ts'
export { createPeople, type LogInOutcome, type People } from './people.ts'
export { type Principal, type Sight, seesCall } from './principal.ts'
export { claimsWanted } from './provider-claims.ts'
export { createProviderClient } from './provider-client.ts'
export { providerRequests } from './provider-requests.ts'
export type { LoginRow, TokenRow } from './rows.ts'
export { type Role, SCOPES, type Scope, scopes } from './scopes.ts'

export type { Sealing } from './sealing.ts'
export { sealingIn } from './sealing-file.ts'
export { createSignOn, type SignOn, type SignOnOptions, type SignOnOutcome } from './sign-on.ts'

export { storedRows } from './stored-rows.ts'
