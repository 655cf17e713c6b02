/** Rings the target of a transfer, by the machine that rings for a new call: who answers first wins, or picks it up, and whoever asked is told how it goes. */

import type { SipReason } from '../sip/session.ts'
import type { CallEffect, CallEvent, CallState } from './call-states.ts'
import { stepCall } from './call-step.ts'
import { drive } from './drive.ts'
import type { Placed } from './pair.ts'
import type { Pickable } from './pick-ups.ts'
import { ANSWERED_ELSEWHERE, NORMAL_CLEARING, reasonFor } from './refusal.ts'
import { Ringing, type RingingOptions } from './ringing.ts'
import type { RingStage } from './route.ts'

export type TransferRingingOptions = Omit<RingingOptions, 'send' | 'isRinging'> & {
  readonly stages: readonly RingStage[]
  /** 180 or 183. */
  readonly onProgress: (status: number) => void
  readonly onAnswered: (winner: Placed) => void
  /** Nobody did; a SIP status. */
  readonly onFailed: (status: number) => void
  /** A defect of ours. `onFailed` follows. */
  readonly onBug: (thrown: unknown) => void
}

export type TransferRinging = {
  start(): void
  /** Phones that ring and may be picked up at. */
  rung(): readonly Pickable[]
  /** Nobody is rung any more. */
  stop(reason: SipReason): void
  /** A leg that was rung has gone. */
  lost(legId: string, status: number, reason: SipReason | undefined): void
  /** @returns whether one that is rung has the dialog of this Call-ID. */
  has(sipCallId: string): boolean
}

export function createTransferRinging(options: TransferRingingOptions): TransferRinging {
  const { stages, onProgress, onAnswered, onFailed, onBug, ...rung } = options
  const machine = drive<CallState, CallEvent, CallEffect>(
    { at: 'arriving' },
    stepCall,
    (effect) => perform(effect),
    (thrown) => {
      onBug(thrown)
      fail(500)
    },
  )
  const ringing = new Ringing({
    ...rung,
    isRinging: () => machine.state.at === 'ringing',
    send: (event) => machine.send(event),
  })

  const fail = (status: number): void => {
    ringing.close(status === 500 ? reasonFor(status) : NORMAL_CLEARING)
    onFailed(status)
  }

  const answered = (attempt: string): void => {
    const winner = ringing.won(attempt)
    if (winner === undefined) onFailed(500)
    else onAnswered(winner)
  }

  const perform = (effect: CallEffect): void => {
    switch (effect.do) {
      case 'placeStage':
        ringing.start(stages[effect.stage], effect.stage)
        return
      case 'tellRinging':
        onProgress(180)
        return
      // What the target sends before it answers is not for the caller, who hears music.
      case 'tellEarly':
        onProgress(183)
        return
      case 'dropAttempts':
        ringing.drop(effect.attempts, machine.state.at === 'answering' ? ANSWERED_ELSEWHERE : NORMAL_CLEARING)
        return
      case 'accept':
        answered(effect.attempt)
        return
      case 'refuse':
        fail(effect.status)
        return
      default:
        return
    }
  }

  return {
    start: () => machine.send({ type: 'routed', stages: stages.length }),
    stop: (reason) => ringing.close(reason),
    rung: () => ringing.rung,
    lost: (legId, status, reason) => ringing.lost(legId, status, reason),
    has: (sipCallId) => ringing.has(sipCallId),
  }
}
