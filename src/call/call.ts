/**
 * A call: the leg whose INVITE came in, the legs it rings, and the two that end up joined. Carries out what `call-step.ts` decides, keeps
 * sound in step with it, and is the world of its secure sessions.
 *
 * The machine's legs are *placing* and *placed*; people know them as caller and agent, and which is which follows from the route.
 */

import type { Timer } from '../base/clock.ts'
import { asFault } from '../base/fault.ts'
import { faults } from '../base/faults.ts'
import { makeId, makeSdpSessionId } from '../base/ids.ts'
import { PTIME_DEFAULT_MS } from '../base/units.ts'
import type { MediaPlace } from '../media/pool.ts'
import { familyOf } from '../sip/sdp.ts'
import type { IncomingSession, SessionEnd, SipReason } from '../sip/session.ts'
import type { Plan } from '../vault/contract.ts'
import { type CallEffect, type CallEnding, type CallEvent as CallInput, type CallState, stepCall } from './call-step.ts'
import type { CallView, LegView } from './call-view.ts'
import type { CallOwner, CallWorld } from './call-world.ts'
import { drive } from './drive.ts'
import type { CallEndingWord } from './events.ts'
import { NO_KEYS, parseFeatureCode, stepFeatureCode } from './feature-code.ts'
import { identityFor } from './identity.ts'
import { Leg, type LegEvents } from './leg.ts'
import { type QuietWatch, watchQuiet } from './quiet.ts'
import { ANSWERED_ELSEWHERE, NORMAL_CLEARING, RECOVERY_ON_TIMER, reasonFor, TEMPORARY_FAILURE } from './refusal.ts'
import { type Routed, route } from './route.ts'
import { SecureSession, type SecureWorld } from './secure-session.ts'
import { type SoundLeg, type Standing, soundOf } from './sound.ts'
import { codecsLike } from './terms.ts'
import { type Way, waysTo } from './ways.ts'

type Side = 'caller' | 'agent'
type Placed = { readonly leg: Leg; readonly way: Way }

/** A pause between two keys of a feature code that starts it anew, ms. */
const KEY_GAP_MS = 3000
const RETRY_AFTER_SECONDS = 5

export class Call {
  readonly callId: string
  readonly #world: CallWorld
  readonly #owner: CallOwner
  readonly #session: IncomingSession
  readonly #placing: Leg
  readonly #attempts = new Map<string, Placed>()
  readonly #startedAtMs: number
  readonly #code: readonly number[] | undefined
  readonly #secures: SecureSession[] = []
  readonly #drive = drive<CallState, CallInput, CallEffect>(
    { at: 'arriving' },
    stepCall,
    (effect) => this.#perform(effect),
    (thrown) => this.#onBug(thrown),
  )
  #routed: Routed | undefined
  #place: MediaPlace | undefined
  #placed: Placed | undefined
  #standing: Standing = 'apart'
  #ring: Timer | undefined
  #watches: QuietWatch[] = []
  #keys = NO_KEYS
  #heldBefore = { caller: false, agent: false }
  #reason: SipReason = NORMAL_CLEARING
  #refusal: { readonly status: number; readonly reason: SipReason | undefined } | undefined
  #bridgedAtMs: number | undefined
  #endedAtMs: number | undefined
  #ending: CallEndingWord | undefined

  constructor(world: CallWorld, owner: CallOwner, session: IncomingSession) {
    this.#world = world
    this.#owner = owner
    this.#session = session
    this.callId = makeId(world.random, 'call-')
    this.#startedAtMs = world.clock.now()
    this.#code = parseFeatureCode(world.config.secureInput.featureCode)
    this.#placing = this.#makeLeg({
      ...this.#commonEvents('placing'),
      onRang: () => undefined,
      onEarly: () => undefined,
      onAnswered: () => undefined,
      onRefused: () => undefined,
      onSettled: () => this.#drive.send({ type: 'settled' }),
    })
  }

  /** Takes the session: from here on the call looks after itself. */
  start(): void {
    this.#placing.attach(this.#session)
    const { from, to } = this.#names()
    const origin = this.#session.origin.kind
    this.#world.emit({ type: 'call.arrived', ...this.#ids(), origin, from: from.slice(0, 256), to: to.slice(0, 256) })
    void this.#arrive()
  }

  get state(): CallState['at'] {
    return this.#drive.state.at
  }

  get secure(): SecureSession | undefined {
    return this.#secures.at(-1)
  }

  get secures(): readonly SecureSession[] {
    return this.#secures
  }

  get callerHeld(): boolean {
    return this.#legOf('caller')?.held === true
  }

  get agentAccount(): string | undefined {
    return this.#accountOf('agent')
  }

  /** One of the far ends says that it is a conference (RFC 4579 section 5.2). */
  get isConference(): boolean {
    return [this.#placing, this.#placed?.leg].some((leg) => leg?.isFocus === true)
  }

  /** Begins a secure session; the gates were checked. */
  startSecure(startedBy: 'token' | 'feature-code', sessionId: string, plan: Plan): void {
    const session = new SecureSession({
      sessionId,
      callId: this.callId,
      startedBy,
      plan,
      vaultPool: this.#world.vaultPool,
      clock: this.#world.clock,
      world: this.#secureWorld(),
      emit: this.#world.emit,
      onBug: (thrown) => this.#world.log.fault(thrown, { callId: this.callId }),
    })
    this.#secures.push(session)
    this.#drive.send({ type: 'secureBegan' })
    session.start()
  }

  /** Ends the call, a secure session in it first. */
  hangUp(reason: 'cancelled' | 'shutting-down'): void {
    this.#drive.send({ type: 'hangUp', reason })
  }

  view(): CallView {
    return {
      callId: this.callId,
      state: this.state,
      ...this.#names(),
      callerLeg: this.#legView('caller'),
      agentLeg: this.#legView('agent'),
      startedAtMs: this.#startedAtMs,
      bridgedAtMs: this.#bridgedAtMs,
      endedAtMs: this.#endedAtMs,
      ending: this.#ending,
      secureSessions: this.#secures.map((session) => session.record),
    }
  }

  async #arrive(): Promise<void> {
    const { config, mediaPool } = this.#world
    const found = route(config, this.#session.origin, this.#session.target.user)
    if (found.result === 'refused') return this.#refuseHere(faults[found.fault].sip)
    if (this.#session.maxForwards < 0) return this.#refuseHere(faults['sip.too-many-hops'].sip)
    this.#routed = found
    try {
      const place = mediaPool.place()
      this.#place = place
      place.onLost(() => this.#onMediaLost())
      await this.#placing.open(place)
    } catch (thrown) {
      return this.#refuseHere(asFault(thrown).row.sip)
    }
    if (this.state !== 'arriving') return
    const unusable = this.#placing.offerFault()
    if (unusable !== undefined) return this.#refuseHere(faults[unusable].sip)
    this.#drive.send({ type: 'routed', stages: found.stages.length })
  }

  #perform(effect: CallEffect): void {
    switch (effect.do) {
      case 'placeStage':
        this.#placeStage(effect.stage)
        return
      case 'tellRinging':
        this.#placing.ring()
        this.#world.emit({ type: 'call.ringing', ...this.#ids() })
        return
      case 'tellEarly':
        this.#tellEarly(effect.attempt)
        return
      case 'playRingback':
        if (this.#standing === 'together') this.#stand('ringback')
        return
      case 'dropAttempts':
        this.#dropAttempts(effect.attempts)
        return
      case 'accept':
        this.#accept(effect.attempt)
        return
      case 'bridge':
        this.#bridge()
        return
      case 'refuse':
        this.#refuse(effect.status)
        return
      case 'endPlacing':
        this.#placing.end(this.#reason)
        return
      case 'endPlaced':
        this.#placed?.leg.end(this.#reason)
        return
      case 'askSecure':
        this.#askSecure(effect.about)
        return
      case 'finish':
        this.#finish(effect.ending)
        return
    }
  }

  #placeStage(stage: number): void {
    const { sip, config, clock } = this.#world
    const ring = this.#routed?.stages[stage]
    const ways = ring?.targets.flatMap((target) => waysTo(target, sip, config.trunks)) ?? []
    const attempts = ways.map((way) => this.#makeAttempt(way))
    this.#ring?.cancel()
    this.#ring = clock.after(ring?.ringMs ?? 0, () => this.#drive.send({ type: 'lapsed', stage }))
    this.#drive.send({ type: 'staged', attempts: attempts.map(({ leg }) => leg.legId) })
    for (const attempt of attempts) void this.#dial(attempt)
  }

  #makeAttempt(way: Way): Placed {
    const leg: Leg = this.#makeLeg({
      ...this.#commonEvents('placed', () => leg),
      onRang: () => this.#drive.send({ type: 'rang', attempt: leg.legId }),
      onEarly: () => this.#drive.send({ type: 'early', attempt: leg.legId }),
      onAnswered: () => this.#drive.send({ type: 'answered', attempt: leg.legId }),
      onRefused: (status, reason) => this.#onAttemptRefused(leg.legId, status, reason),
      onSettled: () => undefined,
    })
    const attempt = { leg, way }
    this.#attempts.set(leg.legId, attempt)
    return attempt
  }

  async #dial({ leg, way }: Placed): Promise<void> {
    const { sip, config } = this.#world
    if (this.#place === undefined) return
    try {
      await leg.open(this.#place)
      const ourHost = config.sip.announcedAddress ?? this.#session.localAddress
      const invite = {
        target: way.target,
        ...identityFor(this.#session, ourHost, way.sendIdentity),
        maxForwards: this.#session.maxForwards,
      }
      leg.dial(sip, invite, codecsLike(this.#session.offer, config.media.codecs))
    } catch (thrown) {
      this.#onAttemptRefused(leg.legId, asFault(thrown).row.sip, undefined)
    }
  }

  #onAttemptRefused(attempt: string, status: number, reason: SipReason | undefined): void {
    this.#attempts.delete(attempt)
    this.#refusal = { status, reason: reason ?? reasonFor(status) }
    this.#drive.send({ type: 'refused', attempt, status })
  }

  #tellEarly(attempt: string): void {
    const early = this.#attempts.get(attempt)
    if (early === undefined || !this.#placing.startEarly(early.leg.codec)) return
    this.#placed = early
    this.#stand('together')
  }

  #dropAttempts(attempts: readonly string[]): void {
    const reason = this.state === 'answering' ? ANSWERED_ELSEWHERE : NORMAL_CLEARING
    for (const id of attempts) {
      this.#attempts.get(id)?.leg.end(reason)
      this.#attempts.delete(id)
    }
  }

  #accept(attempt: string): void {
    this.#ring?.cancel()
    this.#placed = this.#attempts.get(attempt)
    const { codecs } = this.#world.config.media
    const codec = this.#placed?.leg.codec
    const wished = codec === undefined ? codecs : [codec, ...codecs.filter((each) => each !== codec)]
    const accepted = this.#placing.accept(codec, wished)
    if (accepted === 'settled') this.#drive.send({ type: 'settled' })
    else if (accepted !== 'waiting') this.#refuseHere(faults[accepted].sip)
  }

  #bridge(): void {
    const { clock, emit } = this.#world
    this.#bridgedAtMs = clock.now()
    this.#stand('together')
    this.#watches = [this.#watch(this.#placing, 'placing'), this.#watch(this.#placed?.leg, 'placed')]
    if (this.#code !== undefined) {
      this.#legOf('agent')
        ?.port?.listen(true)
        .catch((thrown: unknown) => this.#world.log.fault(thrown, { callId: this.callId }))
    }
    const ringMs = this.#bridgedAtMs - this.#startedAtMs
    emit({ type: 'call.bridged', ...this.#ids(), agent: this.agentAccount ?? '', ringMs })
  }

  #refuse(status: number): void {
    const said = this.#refusal
    this.#refusal = { status, reason: said?.reason ?? reasonFor(status) }
    this.#placing.reject(status, this.#refusal.reason, status === 503 ? RETRY_AFTER_SECONDS : undefined)
  }

  #askSecure(about: CallInput): void {
    const secure = this.secure
    if (about.type === 'gone') secure?.tell({ type: this.#sideOf(about.leg) === 'caller' ? 'callerGone' : 'agentGone' })
    if (about.type === 'mediaLost') secure?.tell({ type: 'mediaLost' })
    if (about.type === 'hangUp') secure?.tell(about)
  }

  #finish(ending: CallEnding): void {
    if (this.#endedAtMs !== undefined) return
    this.#ring?.cancel()
    for (const watch of this.#watches) watch.close()
    this.#placing.end(this.#reason)
    for (const { leg } of this.#attempts.values()) leg.end(this.#reason)
    this.#place?.close()
    const endedAtMs = this.#world.clock.now()
    this.#endedAtMs = endedAtMs
    this.#ending ??= this.#endingWord(ending)
    const status = this.#bridgedAtMs === undefined ? this.#refusal?.status : undefined
    this.#world.emit({
      type: 'call.ended',
      ...this.#ids(),
      ending: this.#ending,
      ...(status === undefined ? {} : { status }),
      durationMs: endedAtMs - this.#startedAtMs,
      talkMs: this.#bridgedAtMs === undefined ? 0 : endedAtMs - this.#bridgedAtMs,
      secureSessions: this.#secures.length,
    })
    this.#owner.onEnded(this.callId)
  }

  /** The part of a leg's events that both kinds of leg have. */
  #commonEvents(
    of: 'placing' | 'placed',
    leg: () => Leg = () => this.#placing,
  ): Pick<LegEvents, 'onChanged' | 'onKey' | 'onQuiet' | 'onEnded' | 'onMediaFault'> {
    const counts = () => of === 'placing' || leg() === this.#placed?.leg
    return {
      onChanged: () => this.#onChanged(this.#sideOf(of)),
      onKey: (key) => {
        if (counts() && this.#sideOf(of) === 'agent') this.#onKey(key)
      },
      onQuiet: (quietMs) => this.#watches[of === 'placing' ? 0 : 1]?.fellQuiet(quietMs),
      onEnded: (end) => {
        if (this.state === 'ringing' && of === 'placed') this.#onAttemptRefused(leg().legId, 480, end.reason)
        else if (counts()) this.#onGone(of, end)
      },
      onMediaFault: (fault) => {
        this.#world.log.fault(fault, { callId: this.callId })
        if (counts()) this.#onMediaLost()
        else this.#onAttemptRefused(leg().legId, fault.row.sip, undefined)
      },
    }
  }

  #onGone(leg: 'placing' | 'placed', end: SessionEnd): void {
    this.#reason = end.reason ?? NORMAL_CLEARING
    this.#drive.send({ type: 'gone', leg, why: 'hung-up' })
  }

  #onChanged(side: Side): void {
    const held = this.#legOf(side)?.held === true
    if (held !== this.#heldBefore[side]) {
      this.#heldBefore = { ...this.#heldBefore, [side]: held }
      this.#world.emit({ type: held ? 'call.held' : 'call.retrieved', ...this.#ids(), side })
    }
    this.#stand(this.#standing)
  }

  #onKey(key: number): void {
    if (this.#code === undefined || this.state !== 'bridged') {
      this.#keys = NO_KEYS
      return
    }
    const [keys, complete] = stepFeatureCode(this.#code, this.#keys, key, this.#world.clock.now(), KEY_GAP_MS)
    this.#keys = keys
    if (complete) this.#owner.onFeatureCode(this.callId, this.agentAccount)
  }

  #onMediaLost(): void {
    this.#reason = TEMPORARY_FAILURE
    this.#drive.send({ type: 'mediaLost' })
  }

  #onBug(thrown: unknown): void {
    this.#world.log.fault(thrown, { callId: this.callId })
    this.#reason = TEMPORARY_FAILURE
    this.#placed?.leg.end(this.#reason)
    this.#finish('media-lost')
  }

  #watch(leg: Leg | undefined, of: 'placing' | 'placed'): QuietWatch {
    return watchQuiet({
      clock: this.#world.clock,
      limitMs: this.#world.quietLimitMs,
      packetsReceived: async () => (await leg?.port?.stats())?.packetsReceived ?? 0,
      exempt: () => leg?.heard !== true,
      onDead: () => {
        this.#reason = RECOVERY_ON_TIMER
        this.#drive.send({ type: 'gone', leg: of, why: 'no-audio' })
      },
    })
  }

  #secureWorld(): SecureWorld {
    const caller = () => this.#legOf('caller')
    const port = () => {
      const open = caller()?.port
      if (open === undefined) throw new TypeError('the caller has no port')
      return open
    }
    return {
      cut: () => this.#sound('parted'),
      release: async () => {
        caller()?.leave()
        this.#standing = 'away'
        return port().release()
      },
      adopt: async ({ ticket, handle }) => port().adopt(ticket, handle),
      renew: async () => (await caller()?.renew()) ?? false,
      join: () => {
        caller()?.comeBack()
        return this.#sound('together', true)
      },
      rejoined: () => this.#drive.send({ type: 'secureRejoined' }),
      released: (ending) => {
        this.#ending ??= ending
        if (ending === 'media-lost' || ending === 'vault-stuck') this.#reason = TEMPORARY_FAILURE
        this.#drive.send({ type: 'secureReleased' })
      },
      mediaFailed: () => this.#onMediaLost(),
    }
  }

  /** Changes who hears whom; when media cannot, the call ends. */
  #stand(standing: Standing): void {
    this.#sound(standing).catch(() => this.#onMediaLost())
  }

  #sound(standing: Standing, chime = false): Promise<void> {
    this.#standing = standing
    const agent = this.#soundLeg('agent')
    const list = soundOf(standing, this.#soundLeg('caller'), agent, this.#sideOf('placing'))
    if (list.length === 0 || this.#place === undefined) return Promise.resolve()
    return this.#place.assign(list.map((each) => (chime && each.portId === agent?.portId ? { ...each, chime } : each)))
  }

  #soundLeg(side: Side): SoundLeg | undefined {
    const leg = this.#legOf(side)
    return leg?.portId === undefined ? undefined : { portId: leg.portId, held: leg.held }
  }

  #sideOf(leg: 'placing' | 'placed'): Side {
    return (this.#routed?.callerLeg ?? 'placing') === leg ? 'caller' : 'agent'
  }

  #legOf(side: Side): Leg | undefined {
    return this.#sideOf('placing') === side ? this.#placing : this.#placed?.leg
  }

  #accountOf(side: Side): string | undefined {
    if (this.#sideOf('placing') !== side) return this.#placed?.way.account
    const { origin } = this.#session
    return origin.kind === 'phone' ? origin.account : undefined
  }

  #legView(side: Side): LegView | undefined {
    const leg = this.#legOf(side)
    if (leg === undefined) return undefined
    return { legId: leg.legId, account: this.#accountOf(side), held: leg.held, codec: leg.codec }
  }

  #endingWord(ending: CallEnding): CallEndingWord {
    if (ending === 'placing-hung-up') return `${this.#sideOf('placing')}-hung-up`
    if (ending === 'placed-hung-up') return `${this.#sideOf('placed')}-hung-up`
    return ending === 'secure-failed' ? 'vault-stuck' : ending
  }

  #makeLeg(events: LegEvents): Leg {
    const { config, random } = this.#world
    const address = config.media.announcedAddress ?? config.media.address
    return new Leg({
      legId: makeId(random, 'leg-'),
      local: {
        address,
        family: familyOf(address) ?? 'IPv4',
        sessionId: makeSdpSessionId(random),
        codecs: config.media.codecs,
        ptimeMs: PTIME_DEFAULT_MS,
        rtcpMux: true,
      },
      latch: config.media.latch === 'sdp' ? 'sdp' : 'first',
      events,
    })
  }

  #refuseHere(status: number): void {
    this.#drive.send({ type: 'refusedHere', status })
  }

  #names(): { readonly from: string; readonly to: string } {
    const { assertedIdentity, from, target } = this.#session
    return { from: assertedIdentity?.user ?? from.user, to: target.user }
  }

  #ids(): { readonly atMs: number; readonly callId: string } {
    return { atMs: this.#world.clock.now(), callId: this.callId }
  }
}
