/**
 * Transfers of one call (RFC 3515, RFC 5589): the agent's phone asks that its place go to somebody else. *Blind*: the target is rung by the
 * rules of a call from that phone, while the caller hears music; who answers takes the agent's place, and when nobody does the agent goes on
 * talking. *Attended*: two calls of the same phone become one, their far ends joined. *Replaced*: another phone of the account takes the place.
 *
 * Only the agent's phone may, since it alone has an account whose rights can be asked; while a secure session runs nobody may.
 */

import type { IncomingSession, Referral, SipReason } from '../sip/session.ts'
import { takeLine } from './arrive.ts'
import { joinCalls } from './attended-join.ts'
import type { CallEvent, CallState } from './call-states.ts'
import { uuidOf } from './call-view.ts'
import type { CallWorld } from './call-world.ts'
import type { Leg } from './leg.ts'
import type { LegEvents, RingingEvents } from './leg-events.ts'
import { otherRole, type Pair, type Placed, type Role } from './pair.ts'
import type { Pickable } from './pick-ups.ts'
import { NORMAL_CLEARING } from './refusal.ts'
import type { RingSource } from './ringing.ts'
import { type RingStage, route } from './route.ts'
import { createTakeOver } from './take-over.ts'
import { createTransferRecords, type TransferRecord, type TransferRecords } from './transfer-record.ts'
import { createTransferRinging } from './transfer-ringing.ts'
import { attendedSides, blindRefusal, type TransferFault, takeOverRefusal } from './transfer-rules.ts'
import type { Way } from './ways.ts'

/** What a transfer may do to its call. */
export type TransferHost = {
  readonly callId: string
  readonly pair: Pair
  readonly state: () => CallState['at']
  /** What the next phone is told of the caller. */
  readonly caller: () => Pick<RingSource, 'from' | 'isPrivate' | 'ourHost'>
  readonly send: (event: CallEvent) => void
  readonly makeLeg: (role: Role, events: RingingEvents, self: () => Leg, way: Pick<Way, 'trunk'>) => Leg
  /** What a leg that takes a role over tells from then on. */
  readonly eventsOf: (role: Role, self: () => Leg) => LegEvents
}

type Running = {
  readonly referral: Pick<Referral, 'progress'>
  readonly role: Role
  readonly record: TransferRecord
  /** How many lines of trunks the call had before. */
  readonly lines: number
  /** Nobody is rung any more. */
  readonly stop: (reason: SipReason) => void
  readonly lost: (legId: string, status: number, reason: SipReason | undefined) => void
  readonly has: (sipCallId: string) => boolean
  /** Phones that ring and may be picked up at. */
  readonly rung: () => readonly Pickable[]
}

/** RFC 3261 section 8.1.1.6: a call of its own begins. */
const MAX_FORWARDS = 70

/** @returns the transfers of the call that a session is in, and its role there. */
export type FindSession = (sessionId: string) => { readonly of: Transfers; readonly role: Role } | undefined

export class Transfers {
  readonly #world: CallWorld
  readonly #host: TransferHost
  readonly #records: TransferRecords
  readonly #findSession: FindSession
  #running: Running | undefined

  constructor(world: CallWorld, host: TransferHost, findSession: FindSession) {
    this.#world = world
    this.#host = host
    this.#findSession = findSession
    this.#records = createTransferRecords(world, host.callId)
  }

  /** Oldest first. */
  get records(): readonly TransferRecord[] {
    return this.#records.list
  }

  /** Phones that ring for a transfer and may be picked up at. */
  get rung(): readonly Pickable[] {
    return this.#running?.rung() ?? []
  }

  /** The far end of a leg asks for a transfer. */
  asked(role: Role, referral: Referral): void {
    const fault = referral.replaces === undefined ? this.#blind(role, referral) : this.#attended(role, referral)
    if (fault === undefined) return
    const { pair } = this.#host
    const by = pair.account(pair.sideOf(role)) ?? ''
    referral.reject(...this.#records.refuse(referral.replaces === undefined ? 'blind' : 'attended', by, fault))
  }

  /** A phone wants to take the place of the far end of a leg (RFC 3891). */
  replaced(role: Role, session: IncomingSession): void {
    const { pair, makeLeg } = this.#host
    const account = session.origin.kind === 'phone' ? session.origin.account : undefined
    const fault = takeOverRefusal(this.#endOf(role), account, session.replaces?.earlyOnly === true)
    const by = account ?? ''
    if (fault !== undefined) {
      session.reject(...this.#records.refuse('replaced', by, fault))
      return
    }
    const record = this.#begin(role, 'replaced', by)
    const taking = createTakeOver({
      session,
      account: by,
      pair,
      role,
      makeLeg: (events, self) => makeLeg(role, events, self, {}),
      onTaken: (placed) => this.#succeeded(placed),
      onFailed: (status) => this.#failed(status),
    })
    const referral = { progress: () => undefined }
    this.#running = { referral, role, record, lines: pair.lines.length, ...taking, rung: () => [] }
    taking.start()
  }

  /** @returns whether somebody is rung in the dialog of this Call-ID. */
  has(sipCallId: string): boolean {
    return this.#running?.has(sipCallId) === true
  }

  /** A leg that was rung for a transfer has gone. */
  lost(legId: string, status: number, reason: SipReason | undefined): void {
    this.#running?.lost(legId, status, reason)
  }

  /** The call is over. */
  close(reason: SipReason): void {
    this.#running?.stop(reason)
    this.#end(487)
  }

  #blind(role: Role, referral: Referral): TransferFault | undefined {
    const { pair, state } = this.#host
    const account = pair.account(pair.sideOf(role))
    const refusal = blindRefusal({ state: state(), side: pair.sideOf(role), account })
    if (refusal !== undefined || account === undefined) return refusal ?? 'call.transfer-not-permitted'
    const origin = { kind: 'phone', account } as const
    const routed = route(this.#world.config, origin, referral.target.user)
    if (routed.result === 'refused') return routed.fault
    const before = pair.lines.length
    for (const target of routed.stages.flatMap((stage) => stage.targets)) {
      const busy = target.kind === 'trunk' ? takeLine(this.#world, pair, target.trunk) : undefined
      if (busy === undefined) continue
      giveBack(pair, before)
      return busy
    }
    referral.accept()
    const source: RingSource = {
      ...this.#host.caller(),
      origin,
      assertedIdentity: undefined,
      target: referral.target,
      maxForwards: MAX_FORWARDS,
      codecs: () => this.#codecs(),
    }
    this.#ring(role, referral, source, routed.stages, this.#begin(role, 'blind', account), before)
    return undefined
  }

  /** Rings the target. @param lines that the call had of trunks before. */
  #ring(
    role: Role,
    referral: Referral,
    source: RingSource,
    stages: readonly RingStage[],
    record: TransferRecord,
    lines: number,
  ): void {
    const { pair, makeLeg, callId } = this.#host
    const ringing = createTransferRinging({
      world: this.#world,
      source,
      callId,
      pair,
      role,
      stages,
      makeLeg: (events, self, way) => makeLeg(role, events, self, way),
      onProgress: (status) => referral.progress(status),
      onAnswered: (winner) => this.#succeeded(winner),
      onFailed: (status) => this.#failed(status),
      onBug: (thrown) => this.#world.log.fault(thrown, { callId }),
    })
    this.#running = { referral, role, record, lines, ...ringing }
    ringing.start()
  }

  #attended(role: Role, referral: Referral): TransferFault | undefined {
    const session = referral.replaces?.session
    const other = session === undefined ? undefined : this.#findSession(session)
    if (other === undefined || other.of === this) return 'call.not-found'
    if (referral.replaces?.earlyOnly === true) return 'sip.busy'
    const mine = this.#endOf(role)
    const sides = attendedSides(mine, other.of.#endOf(other.role))
    if ('fault' in sides) return sides.fault
    const [keeps, gives] = sides.keeps === 'asked' ? [this, other.of] : [other.of, this]
    const [keepsRole, givesRole] = sides.keeps === 'asked' ? [role, other.role] : [other.role, role]
    referral.accept()
    void keeps.#join(keepsRole, gives, givesRole, referral, mine.account ?? '')
    return undefined
  }

  #endOf(role: Role) {
    const { pair, state } = this.#host
    const side = pair.sideOf(role)
    const far = pair.sideOf(otherRole(role))
    return { state: state(), role, side, account: pair.account(side), farAccount: pair.account(far) }
  }

  /** Joins our caller with whom the agent talks to in another call. */
  async #join(role: Role, from: Transfers, fromRole: Role, referral: Referral, account: string): Promise<void> {
    const record = this.#begin(role, 'attended', account)
    const idle = { stop: () => undefined, lost: () => undefined, has: () => false, rung: () => [] }
    this.#running = { referral, role, record, lines: this.#host.pair.lines.length, ...idle }
    await joinCalls(this.#world, {
      keeps: this.#host,
      gives: from.#host,
      agentRole: fromRole,
      onJoined: (placed) => this.#succeeded(placed),
      onFailed: (status) => this.#failed(status),
    })
  }

  #begin(role: Role, kind: TransferRecord['kind'], by: string): TransferRecord {
    const record = this.#records.begin(kind, by)
    this.#host.send({ type: 'transferBegan', by: role })
    return record
  }

  #succeeded(winner: Placed): void {
    const running = this.#running
    if (running === undefined) return
    const { referral, role, record } = running
    this.#running = undefined
    const { pair, eventsOf } = this.#host
    winner.leg.tell(eventsOf(role, () => winner.leg))
    const old = pair.take(role, winner)
    record.to = winner.way.account ?? ''
    record.outcome = 'transferred'
    record.endedAtMs = this.#world.clock.now()
    this.#host.send({ type: 'transferred' })
    this.#world.emit({
      type: 'call.transferred',
      ...this.#ids(),
      by: record.by,
      agent: record.to,
      ...uuidOf('agentUuid', winner.leg),
    })
    referral.progress(200)
    old?.end(NORMAL_CLEARING)
  }

  #failed(status: number): void {
    if (this.#end(status)) this.#host.send({ type: 'transferFailed' })
  }

  #end(status: number): boolean {
    const running = this.#running
    if (running === undefined) return false
    this.#running = undefined
    giveBack(this.#host.pair, running.lines)
    Object.assign(running.record, { outcome: 'failed', status, endedAtMs: this.#world.clock.now() })
    this.#world.emit({ type: 'call.transfer-failed', ...this.#ids(), by: running.record.by, status })
    running.referral.progress(status)
    return true
  }

  #codecs() {
    const { codecs } = this.#world.config.media
    const inUse = this.#host.pair.leg('caller')?.codec
    return codecs.toSorted((a, b) => Number(b === inUse) - Number(a === inUse))
  }

  #ids(): { readonly atMs: number; readonly callId: string } {
    return { atMs: this.#world.clock.now(), callId: this.#host.callId }
  }
}

/** Gives the lines of trunks back that a call has taken since it had so many. */
function giveBack({ lines }: Pair, keeps: number): void {
  for (const back of lines.splice(keeps)) back()
}
