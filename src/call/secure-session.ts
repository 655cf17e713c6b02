/**
 * One secure session, carried out: performs what `secure.ts` decides on the call's legs and the vault, and reports what came back.
 *
 * | Step | Who confirms |
 * |---|---|
 * | cut: agent hears music, caller silence | media |
 * | release the caller's socket | media |
 * | begin in the vault | vault |
 * | wipe | vault, or its death |
 * | adopt the socket, or renew it with a re-INVITE | media, the caller |
 * | join | last, and only then |
 *
 * The socket passes through here as a handle that is never read. Who may start a session is decided before (`gates.ts`).
 */

import type { Timer } from '../base/clock.ts'
import { fault } from '../base/fault.ts'
import type { Outcome } from '../vault/contract.ts'
import type { CallerNews, VaultSession, VaultSessionEvents } from '../vault/pool.ts'
import { type Drive, drive } from './drive.ts'
import type { CallEvent } from './events.ts'
import { resultOf, writeResultString } from './result-string.ts'
import { limitOf } from './secure-limits.ts'
import { ordered, orderFor, type SecureOrder } from './secure-orders.ts'
import { newSecureRecord, recordAt, type SecureRecord } from './secure-record.ts'
import { type SecureEffect, type SecureEvent, type SecureState, type SecureTimer, stageOf } from './secure-states.ts'
import type { SecureSessionOptions } from './secure-terms.ts'
import { dropSocket, type Socket } from './secure-world.ts'
import { vaultEar } from './vault-ear.ts'

export class SecureSession {
  readonly sessionId: string
  readonly #options: SecureSessionOptions
  readonly #drive: Drive<SecureState, SecureEvent>
  #record: SecureRecord
  #timer: Timer | undefined
  #vault: VaultSession | undefined
  #socket: Socket | undefined
  #releasedAtMs = 0
  #returnedAtMs = 0
  #wipedOutcome: Outcome | undefined
  #joining: Promise<boolean> | undefined

  constructor(options: SecureSessionOptions) {
    this.sessionId = options.sessionId
    this.#options = options
    const { sessionId, callId, startedBy, flow, form, retryOf, plan, auditRecord } = options
    const of = { sessionId, callId, startedBy, flow, form, retryOf, auditRecord }
    this.#record = newSecureRecord({ ...of, startedAtMs: this.#now(), limitMs: plan.sessionMs }, plan.fields)
    this.#drive = drive(
      { at: 'open' } as SecureState,
      options.audit.step,
      (effect) => this.#perform(effect),
      (thrown) => this.#onBug(thrown),
    )
  }

  get record(): SecureRecord {
    return recordAt(this.#record, this.#now())
  }

  /** Begins: the cut is on its way when this returns. */
  start(): void {
    const { startedBy, flow, form, retryOf } = this.#options
    const of = { flow: flow.id, version: flow.version, ...(form === undefined ? {} : { form: form.name }) }
    const named = { ...of, ...(retryOf === undefined ? {} : { retryOf }) }
    this.#emit({ type: 'secure.requested', ...this.#ids(), startedBy, ...named })
    this.#send({ type: 'requested' })
  }

  /** The agent orders something. @throws Fault when it is not possible now */
  order(wanted: SecureOrder): void {
    const order = orderFor(this.#record, wanted)
    if (typeof order === 'string') throw fault(order, { callId: this.#options.callId })
    const { fields, named } = ordered(order, this.#record)
    this.#record = { ...this.#record, fields }
    this.#emit({ type: 'secure.ordered', ...this.#ids(), order: order.what, fields: named })
    this.#vault?.order(order)
  }

  /** The agent gives up. Late calls are ignored. @throws Fault `secure.submitting`: what has been sent cannot be called back */
  cancel(): void {
    if (this.#record.stage === 'submitting') throw fault('secure.submitting', { callId: this.#options.callId })
    this.#send({ type: 'cancelled' })
  }

  /** What the caller's signalling has for the vault. Late news is ignored. */
  tellVault(news: CallerNews): void {
    this.#vault?.tell(news)
  }

  /** Somebody went, or the media process did. */
  tell(event: Extract<SecureEvent, { type: 'callerGone' | 'agentGone' | 'mediaLost' | 'hangUp' }>): void {
    this.#send(event)
  }

  /** What is known of a session that is over: its audit record, how the rejoin went. */
  note(change: Partial<SecureRecord>): void {
    this.#record = { ...this.#record, ...change }
  }

  /** The call has ended, or another session begins. */
  leave(): void {
    this.#options.audit.leave()
  }

  #send(event: SecureEvent): void {
    this.#drive.send(event)
    this.#noteStage()
  }

  #perform(effect: SecureEffect): void {
    const { world } = this.#options
    switch (effect.do) {
      case 'cut':
        this.#await(world.cut(), () => this.#onParted(), 'partFailed')
        return
      case 'release':
        this.#releasedAtMs = this.#now()
        this.#await(world.release(), (socket) => this.#onReleased(socket), 'releaseFailed')
        return
      case 'begin':
        this.#begin()
        return
      case 'stop':
        this.#vault?.stop(effect.reason, effect.giveBack)
        return
      case 'adopt':
        this.#adopt()
        return
      case 'renew':
        this.#await(world.renew(), (agreed) => this.#send({ type: agreed ? 'reached' : 'unreachable' }), 'unreachable')
        return
      case 'join':
        this.#join()
        return
      case 'dropSocket':
        dropSocket(this.#socket)
        this.#socket = undefined
        return
      case 'finish':
        this.#finish(effect.outcome)
        return
      case 'endCall':
        world.released(effect.ending)
        return
      case 'arm':
        this.#arm(effect.timer)
        return
    }
  }

  #onParted(): void {
    this.#record = { ...this.#record, partedInMs: this.#now() - this.#record.startedAtMs }
    this.#emit({ type: 'secure.parted', ...this.#ids(), tookMs: this.#record.partedInMs ?? 0 })
    this.#send({ type: 'parted' })
  }

  #onReleased(socket: Socket): void {
    this.#socket = socket
    this.#send({ type: 'released' })
  }

  #begin(): void {
    const socket = this.#socket
    if (socket === undefined) throw new TypeError('no socket to hand over')
    try {
      this.#vault = this.#options.vaultPool.begin({
        sessionId: this.sessionId,
        ...socket,
        plan: this.#options.plan,
        events: this.#vaultEvents(),
      })
      // The vault's client closes it from now on, whatever happens.
      this.#socket = undefined
    } catch (thrown) {
      this.#options.onFault(thrown)
      this.#send({ type: 'beginFailed' })
    }
  }

  #adopt(): void {
    const socket = this.#socket
    if (socket === undefined) throw new TypeError('no socket to take back')
    this.#socket = undefined
    this.#returnedAtMs = this.#now()
    this.#await(this.#options.world.adopt(socket), () => this.#send({ type: 'adopted' }), 'adoptFailed')
  }

  #join(): void {
    const { world } = this.#options
    // Told once it was done, as of the word to media: before that nobody can have heard anything of the other, whenever the answer comes.
    const atMs = this.#now()
    const from = this.#returnedAtMs === 0 ? atMs : this.#returnedAtMs
    world.rejoined()
    this.#joining = world.join().then(
      () => {
        const gapMs = this.#now() - from
        this.#record = { ...this.#record, rejoined: true, rejoinedInMs: gapMs }
        this.#emit({ type: 'secure.rejoined', ...this.#ids(), atMs, gapMs })
        return true
      },
      () => false,
    )
  }

  /** The outcome stands at once; the end is told after the join, when there is one. */
  #finish(outcome: Outcome): void {
    this.#timer?.cancel()
    const told = this.#wipedOutcome ?? this.#untold(outcome)
    const resultString = writeResultString(resultOf(this.sessionId, told))
    this.#record = { ...this.#record, outcome: told, resultString }
    if (this.#joining === undefined) {
      this.#conclude(told, resultString)
      return
    }
    void this.#joining.then((joined) => {
      this.#conclude(told, resultString)
      if (!joined) this.#options.world.mediaFailed()
    })
  }

  /** No vault has said how it ended. Where the service was being asked, it may have done what it was asked for. */
  #untold(outcome: Outcome): Outcome {
    const { submissions, verdicts } = this.#record
    if (submissions === verdicts.length) return outcome
    this.#options.onFault(fault('validation.timed-out'))
    return { result: 'failed', reason: 'validation-timed-out' }
  }

  #conclude(outcome: Outcome, resultString: string): void {
    const endedAtMs = this.#now()
    const durationMs = endedAtMs - this.#record.startedAtMs
    const rejoined = this.#record.rejoined ? 'yes' : 'no'
    this.#record = { ...this.#record, stage: 'ended', endedAtMs }
    this.#emit({ type: 'secure.ended', ...this.#ids(), outcome, resultString, durationMs, rejoined })
    this.#options.audit.concluded(this.#record)
  }

  #arm(timer: SecureTimer): void {
    this.#timer?.cancel()
    this.#timer = this.#options.clock.after(limitOf(timer, this.#options.plan), () =>
      this.#send({ type: 'lapsed', timer }),
    )
  }

  #vaultEvents(): VaultSessionEvents {
    const { plan, emit, onFault } = this.#options
    return vaultEar({
      plan,
      emit,
      ids: () => this.#ids(),
      note: (change) => this.note(change(this.#record)),
      onBegan: () => {
        const gapMs = this.#now() - this.#releasedAtMs
        this.#record = { ...this.#record, handedInMs: gapMs }
        this.#emit({ type: 'secure.began', ...this.#ids(), gapMs })
        this.#send({ type: 'began' })
        if (this.#drive.state.at === 'capturing') this.#record = { ...this.#record, stage: 'saying' }
      },
      onWiped: (outcome) => {
        this.#wipedOutcome ??= outcome
        this.#send({ type: 'wiped', outcome })
      },
      onTrouble: onFault,
      onReturned: (back) => {
        if (back !== undefined) this.#socket = back
        this.#send({ type: 'returned', socket: back !== undefined })
      },
      onLost: () => this.#send({ type: 'vaultLost' }),
    })
  }

  /** A promise becomes an event; a failed one never becomes anything better than its failure. */
  #await<T>(promise: Promise<T>, then: (value: T) => void, failed: SecureEvent['type'] & FailedType): void {
    promise.then(then, () => this.#send({ type: failed }))
  }

  /** A defect of ours in the middle of a session: silence, and the end of the call. */
  #onBug(thrown: unknown): void {
    this.#options.onFault(thrown)
    this.#timer?.cancel()
    this.#vault?.stop('cancelled', false)
    dropSocket(this.#socket)
    this.#socket = undefined
    if (this.#record.outcome === undefined) this.#finish({ result: 'failed', reason: 'internal-error' })
    this.#options.world.released('vault-stuck')
  }

  #noteStage(): void {
    const stage = stageOf(this.#drive.state)
    if (stage !== undefined && this.#record.endedAtMs === undefined) this.#record = { ...this.#record, stage }
  }

  #ids(): { readonly atMs: number; readonly callId: string; readonly sessionId: string } {
    return { atMs: this.#now(), callId: this.#options.callId, sessionId: this.sessionId }
  }

  #emit(event: CallEvent): void {
    this.#options.emit(event)
  }

  #now(): number {
    return this.#options.clock.now()
  }
}

type FailedType = 'partFailed' | 'releaseFailed' | 'adoptFailed' | 'unreachable'
