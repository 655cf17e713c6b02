/** What a secure session is given: what was decided of it before, and what it works with. */

import type { Clock } from '../base/clock.ts'
import type { Plan } from '../vault/contract.ts'
import type { VaultPool } from '../vault/pool.ts'
import type { CallEvent } from './events.ts'
import type { SessionAudit } from './secure-audit.ts'
import type { SecureRecord } from './secure-record.ts'
import type { SecureWorld } from './secure-world.ts'

/** What was decided of a session before it starts. */
export type ChosenSession = Pick<SecureRecord, 'sessionId' | 'startedBy' | 'flow' | 'form' | 'retryOf'> & {
  readonly plan: Plan
}

export type SecureSessionOptions = ChosenSession & {
  readonly callId: string
  readonly vaultPool: Pick<VaultPool, 'begin'>
  readonly clock: Clock
  readonly world: SecureWorld
  readonly audit: Pick<SessionAudit, 'step' | 'concluded' | 'leave'>
  /** Number of the audit record of its opening. */
  readonly auditRecord: number
  readonly emit: (event: CallEvent) => void
  /** A defect of ours, or what is wrong with the validation: for the log. */
  readonly onFault: (thrown: unknown) => void
}
