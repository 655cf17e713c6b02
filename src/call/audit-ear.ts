/**
 * Hears what a vault says of a secure session before the session does, for the audit record: what it counted, when it wiped, what it asked for.
 */

import type { VaultCounts } from '../vault/contract.ts'
import type { VaultPool, VaultSessionEvents } from '../vault/pool.ts'

/** What the caller is at while the vault has him. */
export type VaultStage = 'asking' | 'confirming' | 'submitting' | 'answered' | 'waiting-for-agent'

export type AuditEar = {
  handedTo(processId: number): void
  began(): void
  /** @param field the one that is asked for or read back, from 0. */
  stage(at: VaultStage, field?: number): void
  wiped(by: 'vault' | 'vault-death'): void
  returned(counts: VaultCounts | undefined): void
}

/** @returns the pool, listened to. */
export function heardPool(pool: Pick<VaultPool, 'begin'>, ear: AuditEar): Pick<VaultPool, 'begin'> {
  return {
    begin(options) {
      const session = pool.begin({ ...options, events: heardEvents(options.events, ear) })
      ear.handedTo(session.processId)
      return session
    },
  }
}

function heardEvents(events: VaultSessionEvents, ear: AuditEar): VaultSessionEvents {
  return {
    ...events,
    onBegan() {
      ear.began()
      events.onBegan()
    },
    onAsking(field, attempt, attempts) {
      ear.stage('asking', field)
      events.onAsking(field, attempt, attempts)
    },
    onConfirming(field) {
      ear.stage('confirming', field)
      events.onConfirming(field)
    },
    onSubmitting(submission) {
      ear.stage('submitting')
      events.onSubmitting(submission)
    },
    onAnswered(outcome) {
      ear.stage('answered')
      events.onAnswered(outcome)
    },
    onWaitingForAgent(ms) {
      ear.stage('waiting-for-agent')
      events.onWaitingForAgent(ms)
    },
    onWiped(outcome) {
      ear.wiped('vault')
      events.onWiped(outcome)
    },
    onReturned(back, counts) {
      ear.returned(counts)
      events.onReturned(back)
    },
    onLost() {
      ear.wiped('vault-death')
      events.onLost()
    },
  }
}
