/**
 * What the vault says of a running session, put into the session's record, told to listeners, and passed to its machine where it decides
 * something. Counts and words only: that is all the vault says.
 */

import type { Fault } from '../base/fault.ts'
import type { Outcome, Plan } from '../vault/contract.ts'
import type { VaultSessionEvents } from '../vault/pool.ts'
import type { CallEvent } from './events.ts'
import { forgetting, isKeptNever, type SecureRecord, withField } from './secure-record.ts'
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

/** Nobody waits for the agent any more. */
const NO_WAIT = { orderUntilMs: undefined } as const

export function vaultEar({ plan, ids, emit, note, ...tell }: VaultEarOptions): VaultSessionEvents {
  return {
    onBegan: tell.onBegan,
    onAsking: (field, attempt, attempts) => {
      const name = plan.fields[field]?.name ?? ''
      note(({ fields }) => ({
        ...NO_WAIT,
        stage: 'asking',
        field: { index: field, name },
        attempt,
        attempts,
        keys: 0,
        fields: withField(fields, field, () => ({ status: 'asking', attempt, attempts })),
      }))
      emit({ type: 'secure.asking', ...ids(), field, name, attempt, attempts })
    },
    onProgress: (field, keys) => {
      note(() => ({ keys }))
      emit({ type: 'secure.progress', ...ids(), field, keys })
    },
    onRefused: (field, why) => {
      note(({ fields }) => ({
        stage: 'asking',
        keys: 0,
        fields: withField(fields, field, ({ refusals }) => ({ status: 'asking', refusals: refusals + 1 })),
      }))
      emit({ type: 'secure.refused', ...ids(), field, why })
    },
    onConfirming: (field) => {
      note(({ fields }) => ({
        stage: 'confirming',
        fields: withField(fields, field, () => ({ status: 'confirming' })),
      }))
      emit({ type: 'secure.confirming', ...ids(), field })
    },
    onMoreTime: (field, left) => emit({ type: 'secure.more-time', ...ids(), field, left }),
    onTaken: (field) => {
      note(({ fields }) => ({ keys: 0, fields: withField(fields, field, () => ({ status: 'taken' })) }))
      emit({ type: 'secure.taken', ...ids(), field })
    },
    onSubmitting: (submission) => {
      note(() => ({ ...NO_WAIT, stage: 'submitting', submissions: submission }))
      emit({ type: 'secure.submitting', ...ids(), submission })
    },
    onAnswered: (outcome) => {
      note(({ fields, verdicts }) => ({
        stage: 'saying',
        verdicts: [...verdicts, outcome],
        fields: forgetting(fields, isKeptNever),
      }))
      emit({ type: 'secure.answered', ...ids(), outcome })
    },
    onWaitingForAgent: (ms) => {
      note(() => ({ stage: 'waiting-for-agent', orderUntilMs: ids().atMs + ms }))
      emit({ type: 'secure.waiting-for-agent', ...ids(), waitMs: ms })
    },
    onWiped: (exact) => {
      note(() => NO_WAIT)
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
