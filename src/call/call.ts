/**
 * A call: the leg whose INVITE came in, the legs it rings, and the two that end up joined. Carries out what `call-step.ts` decides, keeps
 * sound in step with it, and starts its secure sessions.
 */

import { makeId } from '../base/ids.ts'
import type { IncomingSession, SipReason } from '../sip/session.ts'
import { type AgentKeypad, createAgentKeypad } from './agent-keypad.ts'
import { bridgedEvent } from './bridged.ts'
import { type CallRinging, createCallRinging } from './call-ringing.ts'
import type { CallEffect, CallEnding, CallEvent as CallInput, CallState } from './call-states.ts'
import { stepCall } from './call-step.ts'
import { type CallView, namesOf, uuidOf } from './call-view.ts'
import type { CallOwner, CallWorld, Parted } from './call-world.ts'
import { drive } from './drive.ts'
import { isEmergency } from './emergency.ts'
import { type CallEndingWord, endedEvent, endingWord } from './ending.ts'
import { type Joined, watchJoined } from './joined.ts'
import { trunkOf } from './latch-policy.ts'
import { Leg } from './leg.ts'
import { type LegEvents, legOptions, NOT_PLACED, type RingingEvents } from './leg-events.ts'
import { type CallEar, listenTo } from './leg-listening.ts'
import { otherRole, Pair, type Role } from './pair.ts'
import type { Pickable } from './pick-ups.ts'
import { NORMAL_CLEARING, RECOVERY_ON_TIMER, TEMPORARY_FAILURE } from './refusal.ts'
import { sourceOf } from './ringing.ts'
import { createSecureSessions, type SecureSessions } from './secure-sessions.ts'
import type { Standing } from './sound.ts'
import { partedIn, passInCall } from './texts.ts'
import { type FindSession, Transfers } from './transfers.ts'

export class Call {
  readonly callId: string
  readonly pair: Pair
  readonly secures: SecureSessions
  readonly isEmergency: boolean
  readonly transfers: Transfers
  readonly #world: CallWorld
  readonly #owner: CallOwner
  readonly #session: IncomingSession
  readonly #ringing: CallRinging
  readonly #startedAtMs: number
  readonly #keypad: AgentKeypad
  readonly #joined: Joined
  readonly #ear: CallEar
  readonly #drive = drive<CallState, CallInput, CallEffect>(
    { at: 'arriving' },
    stepCall,
    (effect) => this.#perform(effect),
    (thrown) => this.#onBug(thrown),
  )
  #reason: SipReason = NORMAL_CLEARING
  #bridgedAtMs: number | undefined
  #endedAtMs: number | undefined
  #ending: CallEndingWord | undefined

  constructor(world: CallWorld, owner: CallOwner & { readonly findSession: FindSession }, session: IncomingSession) {
    this.#world = world
    this.#owner = owner
    this.#session = session
    this.callId = makeId(world.random, 'call-')
    this.isEmergency = isEmergency(world.config, session.origin, session.target.user)
    this.#startedAtMs = world.clock.now()
    this.#keypad = createAgentKeypad(world.config.secureInput.featureCode, world.clock, () =>
      owner.onFeatureCode(this.callId, this.pair.account('agent')),
    )
    const settled = { ...NOT_PLACED, onSettled: () => this.#drive.send({ type: 'settled' }) }
    this.#ear = {
      pair: () => this.pair,
      state: () => this.state,
      log: world.log,
      callId: this.callId,
      named: (names) => owner.onNamed(this.callId, names),
      changed: (role) => this.#onChanged(role),
      key: (key) => this.#keypad.key(key, this.state === 'bridged'),
      secure: () => this.secures.last,
      quiet: (role, leg, quietMs) => this.#joined.fellQuiet(role, leg, quietMs),
      transfers: () => this.transfers,
      text: (role, text) => {
        const isParted = owner.isParted(partedIn(this.pair, session))
        void passInCall(this.state, text, this.pair.legOf(otherRole(role)), isParted)
      },
      lost: (legId, status, reason) => this.#ringing.lost(legId, status, reason),
      gone: (role, reason) => {
        this.#reason = reason ?? NORMAL_CLEARING
        this.#drive.send({ type: 'gone', leg: role, why: 'hung-up' })
      },
      mediaLost: () => this.#onMediaLost(),
    }
    this.pair = new Pair(
      this.#makeLeg('placing', settled, () => this.pair.placing, trunkOf(session.origin)),
      session,
    )
    const { pair, callId } = this
    this.#joined = watchJoined(world, pair, callId, this.isEmergency ? undefined : this.#keypad, (leg) => {
      this.#reason = RECOVERY_ON_TIMER
      this.#drive.send({ type: 'gone', leg, why: 'no-audio' })
    })
    const send = (event: CallInput): void => this.#drive.send(event)
    const source = sourceOf(session, world.config)
    this.secures = createSecureSessions(world, {
      callId,
      pair,
      send,
      onReleased: (ending) => {
        this.#ending ??= ending
        if (ending === 'media-lost' || ending === 'vault-stuck') this.#reason = TEMPORARY_FAILURE
      },
      onMediaLost: () => this.#onMediaLost(),
      onAudited: () => owner.onAudited(this.view()),
    })
    this.#ringing = createCallRinging({
      world,
      session,
      source,
      callId,
      pair,
      state: () => this.state,
      makeLeg: (events, self, way) => this.#makeLeg('placed', events, self, way.trunk),
      send,
      hear: (standing) => this.#hear(standing),
      onMediaLost: () => this.#onMediaLost(),
    })
    this.transfers = new Transfers(
      world,
      {
        callId,
        pair,
        state: () => this.state,
        caller: () => ({
          from: pair.callerRole === 'placing' ? source.from : source.target,
          isPrivate: pair.callerRole === 'placing' && source.isPrivate,
          ourHost: source.ourHost,
        }),
        send,
        makeLeg: (role, events, self, way) => this.#makeLeg(role, events, self, way.trunk),
        eventsOf: (role, self) => this.#eventsOf(role, NOT_PLACED, self),
      },
      owner.findSession,
    )
  }

  /** Takes the session: from here on the call looks after itself. */
  start(): void {
    this.pair.placing.attach(this.#session)
    this.#world.emit({
      type: 'call.arrived',
      ...this.#ids(),
      ...namesOf(this.#session),
      ...uuidOf('sessionUuid', this.pair.placing),
      ...(this.isEmergency ? { isEmergency: true } : {}),
    })
    void this.#ringing.arrive()
  }

  get state(): CallState['at'] {
    return this.#drive.state.at
  }

  /** @returns whether one of its legs has the dialog of this Call-ID. */
  has(sipCallId: string): boolean {
    const { placing, placed } = this.pair
    const isJoined = [placing, placed?.leg].some((leg) => leg?.session?.sipCallId === sipCallId)
    return isJoined || this.#ringing.has(sipCallId) || this.transfers.has(sipCallId)
  }

  /** Phones that ring and may be picked up at: for the new call, or for its transfer. */
  get rung(): readonly Pickable[] {
    return [...this.#ringing.rung(), ...this.transfers.rung]
  }

  /** Whom its secure session parts; undefined while there is none. */
  get parted(): Parted | undefined {
    return this.state === 'secure' ? partedIn(this.pair, this.#session) : undefined
  }

  /** Ends the call, a secure session in it first. */
  hangUp(reason: 'cancelled' | 'shutting-down'): void {
    this.#drive.send({ type: 'hangUp', reason })
  }

  view(): CallView {
    return {
      callId: this.callId,
      state: this.state,
      ...namesOf(this.#session),
      callerLeg: this.pair.view('caller'),
      agentLeg: this.pair.view('agent'),
      isEmergency: this.isEmergency,
      startedAtMs: this.#startedAtMs,
      bridgedAtMs: this.#bridgedAtMs,
      endedAtMs: this.#endedAtMs,
      ending: this.#ending,
      transfers: this.transfers.records,
      status: this.#ringing.refusedWith,
      secureSessions: this.secures.list.map((session) => session.record),
    }
  }

  #perform(effect: CallEffect): void {
    const { pair } = this
    switch (effect.do) {
      case 'placeStage':
      case 'tellRinging':
      case 'tellEarly':
      case 'playRingback':
      case 'dropAttempts':
      case 'accept':
      case 'refuse':
        this.#ringing.perform(effect)
        return
      case 'bridge':
        this.#bridge()
        return
      case 'wait':
        this.secures.leave()
        this.#hear('waiting')
        return
      case 'rejoin':
        this.#join()
        return
      case 'endPlacing':
      case 'endPlaced':
        pair.end(effect.do === 'endPlacing' ? 'placing' : 'placed', this.#reason)
        return
      case 'askSecure':
        this.secures.ask(effect.about)
        return
      case 'finish':
        this.#finish(effect.ending)
        return
    }
  }

  #bridge(): void {
    this.#bridgedAtMs = this.#world.clock.now()
    this.#join()
    this.#world.emit(bridgedEvent(this.pair, this.#ids(), this.#bridgedAtMs - this.#startedAtMs))
  }

  #join(): void {
    this.#hear('together')
    this.#joined.begin()
    if (!this.isEmergency) this.#world.recordings.joined(this.callId, this.pair)
  }

  #finish(ending: CallEnding): void {
    if (this.#endedAtMs !== undefined) return
    const endedAtMs = this.#world.clock.now()
    this.#endedAtMs = endedAtMs
    this.#joined.close()
    this.secures.leave()
    this.transfers.close(this.#reason)
    for (const role of ['placing', 'placed'] as const) this.pair.end(role, this.#reason)
    this.#ringing.close(this.#reason)
    this.pair.place?.close()
    this.#world.recordings.ended(this.callId)
    for (const giveBack of this.pair.lines) giveBack()
    this.#ending ??= endingWord(ending, this.pair.sideOf('placing'))
    this.#world.emit(endedEvent(this.view(), endedAtMs))
    this.#owner.onEnded(this.callId)
  }

  #onChanged(role: Role): void {
    const { pair } = this
    const change = pair.holdChange(role)
    if (change !== undefined) this.#world.emit({ type: change, ...this.#ids(), side: pair.sideOf(role) })
    this.#hear(pair.standing)
  }

  #onMediaLost(): void {
    this.#reason = TEMPORARY_FAILURE
    this.#drive.send({ type: 'mediaLost' })
  }

  /** A defect of ours: nothing is left standing, and a vault wipes. */
  #onBug(thrown: unknown): void {
    this.#world.log.fault(thrown, { callId: this.callId })
    this.#reason = TEMPORARY_FAILURE
    this.secures.last?.tell({ type: 'mediaLost' })
    this.#finish('media-lost')
  }

  /** Changes who hears whom; when media cannot, the call ends. */
  #hear(standing: Standing): void {
    this.pair.hear(standing, false, true).catch(() => this.#onMediaLost())
  }

  #makeLeg(role: Role, ringing: RingingEvents, self: () => Leg, trunk: string | undefined): Leg {
    return new Leg(legOptions(this.#world, trunk, this.#eventsOf(role, ringing, self)))
  }

  #eventsOf(role: Role, ringing: RingingEvents, self: () => Leg): LegEvents {
    return listenTo(role, ringing, self, this.#ear)
  }

  #ids(): { readonly atMs: number; readonly callId: string } {
    return { atMs: this.#world.clock.now(), callId: this.callId }
  }
}
