/**
 * The door of the `vault` room for control: secure sessions in a pool of vault processes. Types only; `client.ts` makes one.
 */

import type { KeySlip, SealedKey } from '../base/info-key.ts'
import type { UdpHandle } from '../base/udp-handle.ts'
import type { Stream, Ticket } from '../media/contract.ts'
import type { EntryFault, Order, Outcome, Plan, Protections, StopReason, VaultCounts } from './contract.ts'

export type VaultSessionEvents = {
  /** The socket is in the vault and the first prompt plays. */
  onBegan(): void
  onAsking(field: number, attempt: number, attempts: number): void
  /** Keys in the current entry, as a count. */
  onProgress(field: number, keys: number): void
  onRefused(field: number, why: EntryFault): void
  /** The entry is read back, and the caller is asked whether it is right. */
  onConfirming(field: number): void
  /** The caller asked for more time. @param left how often he may do so again. */
  onMoreTime(field: number, left: number): void
  onTaken(field: number): void
  /** @param submission counts from 1. */
  onSubmitting(submission: number): void
  /** A verdict that does not end the session. */
  onAnswered(outcome: Outcome): void
  /** The vault waits for the agent's order, so long at most. */
  onWaitingForAgent(ms: number): void
  /** The entry is overwritten. The caller is told the outcome next, then `onReturned` follows. */
  onWiped(outcome: Outcome): void
  /** Over. The socket is back unless the session was stopped without giving it back. */
  onReturned(back: { readonly ticket: Ticket; readonly handle: UdpHandle } | undefined, counts?: VaultCounts): void
  /** The vault died or stalled and was ended: its memory is gone, and the socket with it. Nothing follows. */
  onLost(): void
}

export type CallerNews =
  /** A key told by SIP INFO, sealed by `keySlip`. */
  | { readonly type: 'key'; readonly sealed: SealedKey }
  /** The far end described another address for its stream, all else being the same but where its signalling comes from. */
  | (Pick<Stream, 'remote' | 'signalledFrom'> & { readonly type: 'moved' })

export type VaultSession = {
  /** The process that has the caller. */
  readonly processId: number
  /** Wipes and ends. @param giveBack false when the caller is gone. May be called twice. */
  stop(reason: StopReason, giveBack: boolean): void
  /** Passes on what signalling learnt of the caller. Ignored when the session is over. */
  tell(news: CallerNews): void
  /** Carries out the agent's order, where it has a meaning. */
  order(order: Order): void
}

export type VaultPool = {
  /** Starts the processes. @throws Fault `vault.cannot-start` */
  start(): Promise<void>
  /**
   * Moves a caller's socket into a vault and begins. The handle is closed here, whatever happens.
   * @throws Fault `vault.not-available` when no vault runs; the handle is then still the caller's to adopt again.
   */
  begin(options: {
    readonly sessionId: string
    readonly ticket: Ticket
    readonly handle: UdpHandle
    readonly plan: Plan
    readonly events: VaultSessionEvents
  }): VaultSession
  /** A vault runs and would take a session. */
  readonly available: boolean
  /** Where a key that comes by SIP INFO is sealed to the vaults that run. */
  readonly keySlip: KeySlip
  /** What each process could do to protect itself. */
  readonly protections: readonly Protections[]
  readonly processIds: readonly number[]
  /** Loads the prompts anew in every vault, without touching running sessions. */
  reloadPrompts(): void
  close(): Promise<void>
}
