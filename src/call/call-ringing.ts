/**
 * Rings for a new call: from its route to the answer of its placing leg, which is told meanwhile that it rings, hears early media, or is
 * refused. Who wins is decided in `call-step.ts`; the target of a transfer is rung in `transfer-ringing.ts`.
 */

import { faults } from '../base/faults.ts'
import type { IncomingSession, SipReason } from '../sip/session.ts'
import { arrive } from './arrive.ts'
import type { CallEffect, CallState } from './call-states.ts'
import type { CallWorld } from './call-world.ts'
import type { Pickable } from './pick-ups.ts'
import { ANSWERED_ELSEWHERE, NORMAL_CLEARING, rejectionOf } from './refusal.ts'
import { Ringing, type RingingOptions } from './ringing.ts'
import type { RingStage } from './route.ts'
import type { Standing } from './sound.ts'

/** What the call's machine asks for before the call is answered. */
export type RingingEffect = Extract<
  CallEffect,
  { do: 'placeStage' | 'tellRinging' | 'tellEarly' | 'playRingback' | 'dropAttempts' | 'accept' | 'refuse' }
>

export type CallRingingOptions = Omit<RingingOptions, 'role' | 'isRinging'> & {
  readonly world: CallWorld
  /** The INVITE that came in. */
  readonly session: IncomingSession
  readonly state: () => CallState['at']
  /** Changes who hears whom. */
  readonly hear: (standing: Standing) => void
  readonly onMediaLost: () => void
}

export type CallRinging = {
  /** Routes the call and opens the port of its placing leg: what comes of it is sent to the machine. */
  arrive(): Promise<void>
  perform(effect: RingingEffect): void
  /** Phones that ring and may be picked up at. */
  rung(): readonly Pickable[]
  /** What the placing leg was refused with. */
  readonly refusedWith: number | undefined
  /** A leg that was rung, or picks up, has gone. */
  lost(legId: string, status: number, reason: SipReason | undefined): void
  /** @returns whether one that is rung, or picks up, has the dialog of this Call-ID. */
  has(sipCallId: string): boolean
  /** The call is over. */
  close(reason: SipReason): void
}

export function createCallRinging(options: CallRingingOptions): CallRinging {
  const { world, callId, session, pair, state, send, hear, onMediaLost } = options
  const ringing = new Ringing({ ...options, role: 'placed', isRinging: () => state() === 'ringing' })
  let stages: readonly RingStage[] = []
  let refusedWith: number | undefined

  const tellEarly = (attempt: string): void => {
    const early = ringing.get(attempt)
    if (early === undefined || !pair.placing.startEarly(early.leg.codec)) return
    pair.placed = early
    hear('together')
  }

  const accept = (attempt: string): void => {
    pair.placed = ringing.won(attempt)
    const accepted = pair.placing.accept(pair.placed?.leg.codec)
    if (accepted === 'settled') send({ type: 'settled' })
    else if (accepted !== 'waiting') send({ type: 'refusedHere', status: faults[accepted].sip })
  }

  const perform = (effect: RingingEffect): void => {
    switch (effect.do) {
      case 'placeStage':
        ringing.start(stages[effect.stage], effect.stage)
        return
      case 'tellRinging':
        pair.placing.ring()
        world.emit({ type: 'call.ringing', atMs: world.clock.now(), callId })
        return
      case 'tellEarly':
        tellEarly(effect.attempt)
        return
      case 'playRingback':
        if (pair.standing === 'together') hear('ringback')
        return
      case 'dropAttempts':
        ringing.drop(effect.attempts, state() === 'answering' ? ANSWERED_ELSEWHERE : NORMAL_CLEARING)
        return
      case 'accept':
        accept(effect.attempt)
        return
      case 'refuse':
        refusedWith = effect.status
        pair.placing.reject(...rejectionOf(effect.status, ringing.lastRefusal?.reason))
        return
    }
  }

  return {
    arrive: async () => {
      const isOver = (): boolean => state() !== 'arriving'
      const arrival = await arrive(world, session, pair, onMediaLost, isOver)
      if (isOver()) return
      if (arrival.result === 'refused') {
        send({ type: 'refusedHere', status: arrival.status })
        return
      }
      stages = arrival.stages
      send({ type: 'routed', stages: stages.length })
    },
    perform,
    rung: () => ringing.rung,
    get refusedWith() {
      return refusedWith
    },
    lost: (legId, status, reason) => ringing.lost(legId, status, reason),
    has: (sipCallId) => ringing.has(sipCallId),
    close: (reason) => ringing.close(reason),
  }
}
