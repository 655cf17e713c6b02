/**
 * What the vault says of a running session, put into the session's record, told to listeners, and passed to its machine where it decides
 * something. Counts and words only: that is all the vault says.
 */

import type { Fault } from '../base/fault.ts'
import type { Outcome, Plan } from '../vault/contract.ts'
import type { VaultSessionEvents } from '../vault/pool.ts'
import type { CallEvent } from './events.ts'
import type { SecureRecord } from './secure-record.ts'
import type { Socket } from './secure-world.ts'
import { toldOutcome, validationTrouble } from './validation-trouble.ts'

export type VaultEarOptions = {
  readonly plan: Plan
  readonly ids: () => { readonly atMs: number; readonly callId: string; readonly sessionId: string }
  readonly emit: (event: CallEvent) => void
  /** Changes the record. */
  readonly note: (change: (record: SecureRecord) => Partial<SecureRecord>) => void
  readonly onBegan: () => void
  readonly onWiped: (outcome: Outcome) => void
  /** What is wrong with the validation, in finer words than the desk's. */
  readonly onTrouble: (trouble: Fault) => void
  readonly onReturned: (back: Socket | undefined) => void
  readonly onLost: () => void
}

export function vaultEar({ plan, ids, emit, note, ...tell }: VaultEarOptions): VaultSessionEvents {
  return {
    onBegan: tell.onBegan,
    onAsking: (field, attempt, attempts) => {
      const name = plan.fields[field]?.name ?? ''
      note(() => ({ stage: 'asking', field: { index: field, name }, attempt, attempts, keys: 0 }))
      emit({ type: 'secure.asking', ...ids(), field, name, attempt, attempts })
    },
    onProgress: (field, keys) => {
      note(() => ({ keys }))
      emit({ type: 'secure.progress', ...ids(), field, keys })
    },
    onRefused: (field, why) => {
      note((record) => ({ refusals: record.refusals + 1, keys: 0 }))
      emit({ type: 'secure.refused', ...ids(), field, why })
    },
    onTaken: (field) => {
      note((record) => ({ taken: [...record.taken, field], keys: 0 }))
      emit({ type: 'secure.taken', ...ids(), field })
    },
    onSubmitting: () => {
      note(() => ({ stage: 'submitting' }))
      emit({ type: 'secure.submitting', ...ids() })
    },
    onWiped: (exact) => {
      const trouble = validationTrouble(exact)
      if (trouble !== undefined) tell.onTrouble(trouble)
      const outcome = toldOutcome(exact)
      emit({ type: 'secure.wiped', ...ids(), outcome })
      tell.onWiped(outcome)
    },
    onReturned: tell.onReturned,
    onLost: () => {
      emit({ type: 'secure.vault-lost', ...ids() })
      tell.onLost()
    },
  }
}
