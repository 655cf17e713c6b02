/**
 * One secure session in a vault: carries out what the capture machine decides. Events that arise while effects are performed wait
 * until they are done. Whatever is thrown in here ends this session alone, wiped.
 */

import type { Clock } from '../base/clock.ts'
import type { UdpHandle } from '../base/udp-handle.ts'
import type { Milliseconds } from '../base/units.ts'
import type { Ticket } from '../media/contract.ts'
import { Announcer } from './announcer.ts'
import type { Beat } from './beat.ts'
import { INITIAL_CAPTURE, stepCapture } from './capture.ts'
import type { CaptureEffect, CaptureEvent, CaptureState, CaptureTimer, Item } from './capture-terms.ts'
import { clipsOf } from './clips.ts'
import { Collector } from './collector.ts'
import { type Order, type Plan, SETTLE_MAX_MS, type StopReason, type VaultCounts, type VaultEvent } from './contract.ts'
import { todayAt } from './expiry.ts'
import { type Key, NO_KEY } from './key.ts'
import { keyMeaning } from './key-meaning.ts'
import type { CallerLine, LineOptions } from './line.ts'
import type { OfflineParts } from './offline.ts'
import { planFlaw } from './plan-flaw.ts'
import { programFlaw } from './program-flaw.ts'
import type { Prompts } from './prompts.ts'
import { prepareRequest } from './request.ts'
import { requestParts } from './request-parts.ts'
import { type Submission, submit } from './submit.ts'
import { toldCounts } from './told-counts.ts'

export type SessionOptions = {
  readonly sessionId: string
  readonly ticket: Ticket
  readonly handle: UdpHandle
  readonly plan: Plan
  readonly prompts: Prompts
  readonly beat: Beat
  readonly clock: Clock
  /** Milliseconds of the Unix epoch, for expiry dates. */
  readonly wallClock: () => number
  /** @returns the line of the caller's socket. */
  openLine(options: LineOptions): CallerLine
  /** Tells control; `sent` is called when a handle that went along has arrived or never will. */
  tell(event: VaultEvent, handle?: UdpHandle, sent?: () => void): void
  /** The session is over and holds nothing any more. */
  onOver(): void
  readonly offline?: OfflineParts
}

/** How long no key may have sounded before the caller's line goes back. */
const QUIET_MS: Milliseconds = 250

export class Session {
  readonly #options: SessionOptions
  readonly #collector: Collector
  readonly #announcer: Announcer
  readonly #line: CallerLine
  readonly #leaveBeat: () => void
  readonly #deadlines = new Map<CaptureTimer, Milliseconds>()
  readonly #queue: CaptureEvent[] = []
  #state: CaptureState = INITIAL_CAPTURE
  #stepping = false
  /** The key at hand, between the packet and the entry. */
  #key: Key = NO_KEY
  #submission: Submission | undefined
  #settleFromMs: Milliseconds | undefined
  #toldWiped = false
  #over = false

  constructor(options: SessionOptions) {
    const { handle, ticket, clock, beat, plan, prompts, openLine } = options
    this.#options = options
    this.#collector = new Collector(plan.fields)
    const line: LineOptions = {
      handle,
      ticket,
      clock,
      onOpen: () => this.#begin(),
      onKey: (key) => this.#onKey(key),
      onPlayed: () => this.#raise({ type: 'played' }),
      onBroken: () => this.#raise({ type: 'broken', sent: this.#sent }),
    }
    this.#line = openLine(line)
    this.#announcer = new Announcer({
      prompts,
      plan,
      codec: ticket.stream.codec,
      play: (sounds) => this.#line.play(sounds),
    })
    this.#leaveBeat = beat.join(ticket.stream.sendPtimeMs, (nowMs) => this.#onBeat(nowMs))
  }

  /** Takes the socket and begins. Once. */
  open(): void {
    this.#line.open()
  }

  /** Wipes and ends; see the contract. May be called twice. */
  stop(reason: StopReason, giveBack: boolean): void {
    this.#raise({ type: 'stopped', reason, giveBack, sent: this.#sent })
  }

  /** A key that came by SIP INFO, RFC 4733 event code; -1 when what came was none. */
  key(code: number): void {
    this.#line.key(code)
  }

  /** The caller's far end has moved. */
  move(place: Parameters<CallerLine['move']>[0]): void {
    this.#line.move(place)
  }

  /** The agent's order; it counts where it has a meaning. */
  order(order: Order): void {
    this.#raise({ type: 'ordered', order })
  }

  /** Overwrites all that is secret, at once and whatever the state: for the way out of the process. */
  wipe(): void {
    this.#key = NO_KEY
    this.#submission?.abort()
    this.#submission = undefined
    this.#collector.wipe()
    this.#line.wipe()
  }

  /** A request has left that nobody has answered. */
  get #sent(): boolean {
    const isAsked = this.#state.at === 'submitting' || this.#state.at === 'overdue'
    return isAsked && this.#submission?.sent === true
  }

  get #counts(): VaultCounts {
    return toldCounts(this.#line.counts, this.#options.plan.fields)
  }

  #begin(): void {
    // Stopped before the socket was there.
    if (this.#state.at !== 'starting') return
    const { plan, prompts } = this.#options
    if (!prompts.has(plan.locales, clipsOf(plan))) this.#raise({ type: 'barred', reason: 'prompts-missing' })
    else if ((programFlaw(plan) ?? planFlaw(plan)) !== undefined)
      this.#raise({ type: 'barred', reason: 'internal-error' })
    else this.#raise({ type: 'began' })
    if (!this.#over) this.#line.tick(this.#options.clock.now())
  }

  #onKey(key: Key): void {
    this.#key = key
    this.#raise({ type: keyMeaning(this.#options.plan, this.#state, key) })
    this.#key = NO_KEY
  }

  #onBeat(nowMs: Milliseconds): void {
    this.#raiseWhatIsDue(nowMs)
    // Last, so that nothing was handed to a socket in the very moment it is given back.
    if (!this.#over) this.#line.tick(nowMs)
  }

  #raiseWhatIsDue(nowMs: Milliseconds): void {
    for (const [timer, deadlineMs] of this.#deadlines) {
      if (nowMs < deadlineMs) continue
      this.#deadlines.delete(timer)
      this.#raise({ type: 'lapsed', timer })
      return
    }
    if (this.#settleFromMs === undefined) return
    if (!this.#line.isQuiet(nowMs, QUIET_MS) && nowMs - this.#settleFromMs < SETTLE_MAX_MS) return
    this.#settleFromMs = undefined
    this.#raise({ type: 'settled' })
  }

  #raise(event: CaptureEvent): void {
    this.#queue.push(event)
    if (this.#stepping) return
    this.#stepping = true
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#take(next)
    this.#stepping = false
  }

  #take(event: CaptureEvent): void {
    if (this.#over) return
    try {
      const [state, ...effects] = stepCapture(this.#options.plan, this.#state, event)
      this.#state = state
      this.#options.offline?.onState(state)
      for (const effect of effects) this.#perform(effect)
    } catch {
      this.#breakDown()
    }
  }

  /** A defect in a step or an effect leaves no entry behind, and no caller without a voice: his line goes back. */
  #breakDown(): void {
    const reason = this.#sent ? 'validation-timed-out' : 'internal-error'
    this.wipe()
    this.#queue.length = 0
    this.#state = { at: 'ended' }
    if (!this.#toldWiped) {
      const { sessionId, tell } = this.#options
      tell({ type: 'wiped', sessionId, outcome: { result: 'failed', reason } })
    }
    this.#giveBack()
  }

  #perform(effect: CaptureEffect): void {
    const { clock, wallClock, sessionId, tell } = this.#options
    switch (effect.do) {
      case 'play':
        this.#announcer.play(effect.said, this.#collector.brand)
        return
      case 'read-back':
        this.#announcer.readBack(effect, this.#collector.span(effect.field), this.#collector.brand)
        return
      case 'play-outcome':
        this.#announcer.playOutcome(effect.outcome)
        return
      case 'hush':
        this.#line.hush()
        return
      case 'arm':
        this.#deadlines.set(effect.timer, clock.now() + effect.ms)
        return
      case 'disarm':
        this.#deadlines.delete(effect.timer)
        return
      case 'open':
        this.#collector.open(effect.field, effect.second)
        return
      case 'keep':
        this.#keep(effect.field)
        return
      case 'check':
        this.#raise({ type: 'checked', fault: this.#collector.check(effect, todayAt(wallClock())) })
        return
      case 'forget':
        this.#collector.forget(effect.field)
        return
      case 'press':
        this.#raise({ type: keyMeaning(this.#options.plan, this.#state, this.#key) })
        return
      case 'tell':
        tell({ ...effect.what, sessionId })
        if (effect.what.type === 'wiped') this.#toldWiped = true
        return
      case 'submit':
        this.#submit(effect.items, effect.submission)
        return
      case 'wipe':
        this.wipe()
        return
      case 'settle':
        this.#settleFromMs = clock.now()
        return
      case 'give-back':
        this.#giveBack()
        return
      case 'close':
        tell({ type: 'returned', sessionId, counts: this.#counts })
        this.#finish()
        return
    }
  }

  #keep(field: number): void {
    const whole = this.#collector.keep(field, this.#key)
    this.#key = NO_KEY
    this.#raise({ type: 'kept', whole })
  }

  #submit(items: readonly Item[], submission: number): void {
    const { plan, clock, offline } = this.#options
    this.#submission = (offline?.submit ?? submit)({
      plan,
      request: prepareRequest(plan, requestParts(plan, items), submission),
      entry: this.#collector.entry,
      clock,
      onResult: (result) => {
        const outcome = this.#announcer.outcomeOf(result, this.#collector.tellable)
        this.#raise({ type: 'answered', outcome })
      },
    })
  }

  #giveBack(): void {
    const { sessionId, tell } = this.#options
    const { handle, ticket } = this.#line.release() ?? {}
    tell({ type: 'returned', sessionId, ticket, counts: this.#counts }, handle, () => this.#line.close())
    this.#line.flush()
    this.#finish(handle === undefined)
  }

  /** @param closeLine false when the socket is on its way to control. */
  #finish(closeLine = true): void {
    if (this.#over) return
    this.#over = true
    this.wipe()
    this.#collector.close()
    this.#announcer.close()
    this.#leaveBeat()
    this.#deadlines.clear()
    if (closeLine) {
      this.#line.close()
      this.#line.flush()
    }
    this.#options.onOver()
  }
}
