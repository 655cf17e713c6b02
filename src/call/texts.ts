/**
 * Texts that people write to each other (MESSAGE, RFC 3428), passed from one side to the other. Inside a call they go to whom one talks to; outside of
 * one they go the way that a call from the same to the same would go, by the same routes and past the same guards, and ring nobody: whoever is signed
 * in to an account gets them on all his phones, and the first stage of which anybody took one is the last. The first that takes it is the answer; one
 * that is silent keeps neither the writer waiting nor, for longer than `sip.failOver`, the next stage.
 *
 * While caller and agent are parted nothing goes from or to either of them, inside the call, inside another one or outside of any: what a caller
 * writes to his agent then could be what he was asked to key. Nothing that is written is kept, and no string is made of it.
 */

import type { Clock } from '../base/clock.ts'
import { fault } from '../base/fault.ts'
import { type FaultCode, faults } from '../base/faults.ts'
import type { Milliseconds } from '../base/units.ts'
import type { IncomingSession, IncomingText, SipReason, SipText } from '../sip/session.ts'
import { targetsFault } from './arrive.ts'
import type { CallState } from './call-states.ts'
import type { CallConfig, CallWorld, Parted } from './call-world.ts'
import { identityFor } from './identity.ts'
import type { Leg } from './leg.ts'
import type { Pair } from './pair.ts'
import { bestStatus, mapStatus, reasonFor } from './refusal.ts'
import { plainNumber, type RingStage, type RouteTarget, route } from './route.ts'
import { createTrunkLines } from './trunk-lines.ts'
import { isSecureWay, type Way, waysTo } from './ways.ts'

export type Texts = {
  /** One that was written outside of any call. */
  pass(text: IncomingText): void
  /** From now on these trunks and their limits count. */
  replace(trunks: CallConfig['trunks']): void
}

type TextWorld = Pick<CallWorld, 'sip' | 'config' | 'clock' | 'log' | 'ownAddresses'>

/** RFC 3261 section 21.4.18: not now. */
const UNAVAILABLE = 480
/**
 * Whoever writes gives up after 32 s (Timer F, RFC 3261 section 17.1.2.2), and writes again what somebody may have by then: he is told before that,
 * and nothing is sent on after it.
 */
const ANSWER_MS: Milliseconds = 30_000
const SECURE_SESSION: SipReason = { protocol: 'SIP', cause: UNAVAILABLE, text: 'Secure session' }

/** @param session that placed the call. @returns whom its secure session parts, or would. */
export function partedIn(pair: Pair, { from, target }: Pick<IncomingSession, 'from' | 'target'>): Parted {
  return {
    accounts: [pair.account('caller'), pair.account('agent')],
    callerNumber: (pair.callerRole === 'placing' ? from : target).user,
  }
}

/** @param ends of a call. @param parted whom secure sessions part just now. @returns whether one of them is among those, in whatever call. */
export function isAnyParted(ends: Parted, parted: readonly Parted[]): boolean {
  return (
    ends.accounts.some((account) => account !== undefined && isAccountOf(parted, account)) ||
    isCallerOf(parted, ends.callerNumber)
  )
}

/** Passes on what one end of a call writes to the other. @param to the other end's leg. @param isParted one of the two, in this call or another. */
export async function passInCall(
  state: CallState['at'],
  text: SipText,
  to: Leg | undefined,
  isParted: boolean,
): Promise<void> {
  if (isParted) text.respond(UNAVAILABLE, SECURE_SESSION)
  else if (state !== 'bridged' || to === undefined) text.respond(UNAVAILABLE)
  else answer(text, [await to.text(text.body)])
}

/** @param parted whom secure sessions part just now. */
export function createTexts(world: TextWorld, parted: () => readonly Parted[]): Texts {
  // As many texts as calls, and as fast; a trunk whose lines are all taken carries texts nevertheless.
  const lines = createTrunkLines(world.config.trunks, world.clock)

  const refuse = (text: IncomingText, code: FaultCode) => {
    world.log.fault(fault(code))
    text.respond(faults[code].sip)
  }

  const pass = async (text: IncomingText, taken: (() => void)[]): Promise<void> => {
    const { origin, target } = text
    const routed = route(world.config, origin, target.user)
    if (routed.result === 'refused') return text.respond(faults[routed.fault].sip)
    const wrong = targetsFault(world, text, routed.stages, false)
    if (wrong !== undefined) return refuse(text, wrong)
    for (const trunk of trunksOf(text, routed.stages)) {
      const line = lines.take(trunk)
      if (typeof line === 'string') return refuse(text, line)
      taken.push(line)
    }
    const { clock, config } = world
    const untilMs = clock.now() + ANSWER_MS
    const stageMs = Math.min(config.sip.failOver.patienceSeconds * 1000, ANSWER_MS / routed.stages.length)
    const sent: Promise<number>[] = []
    let isWithheld = false
    for (const [at, { targets }] of routed.stages.entries()) {
      // Asked for each: a session may have begun while the one before was silent.
      const free = targets.filter(isFree(parted(), text))
      if (free.length < targets.length) isWithheld = true
      const leftMs = untilMs - clock.now()
      sent.push(...waysOf(world, text, free).map((way) => send(world, text, way, leftMs)))
      const isLast = at + 1 === routed.stages.length
      const taken = await firstTaken(sent, clock, isLast ? leftMs : stageMs)
      // At once, whatever the others say (RFC 3261 section 16.7, step 5).
      if (taken !== undefined) return answer(text, [taken])
    }
    if (sent.length === 0 && isWithheld) text.respond(UNAVAILABLE, SECURE_SESSION)
    else answer(text, await Promise.all(sent))
  }

  return {
    pass: (text) => {
      const taken: (() => void)[] = []
      pass(text, taken)
        .catch((thrown: unknown) => {
          world.log.fault(thrown)
          text.respond(500)
        })
        .finally(() => {
          for (const giveBack of taken) giveBack()
        })
    },
    replace: lines.replace,
  }
}

/** @returns whether a target may get it: none when who wrote it, or is meant, is in a secure session. */
function isFree(parted: readonly Parted[], { origin, from, target }: IncomingText): (target: RouteTarget) => boolean {
  const isWriter = origin.kind === 'phone' ? isAccountOf(parted, origin.account) : isCallerOf(parted, from.user)
  const isForNobody = isWriter || isCallerOf(parted, target.user)
  return (each) => !isForNobody && !(each.kind === 'phone' && isAccountOf(parted, each.account))
}

function isAccountOf(parted: readonly Parted[], account: string): boolean {
  return parted.some(({ accounts }) => accounts.includes(account))
}

function isCallerOf(parted: readonly Parted[], number: string): boolean {
  return number !== '' && parted.some(({ callerNumber }) => plainNumber(callerNumber) === plainNumber(number))
}

/** Trunks that it comes from and may leave by. */
function trunksOf({ origin }: IncomingText, stages: readonly RingStage[]): readonly string[] {
  const targets = stages.flatMap((stage) => stage.targets)
  const onward = targets.flatMap((each) => (each.kind === 'trunk' ? [each.trunk] : []))
  return origin.kind === 'trunk' ? [origin.trunk, ...onward] : onward
}

function waysOf({ sip, config }: TextWorld, { target }: IncomingText, targets: readonly RouteTarget[]): readonly Way[] {
  const ways = targets.flatMap((each) => waysTo(each, sip, config.trunks))
  // Who writes to sips was promised TLS on every hop (RFC 5630 section 4).
  return /^sips:/i.test(target.uri) ? ways.filter(isSecureWay) : ways
}

function send(
  { sip, config }: TextWorld,
  text: IncomingText,
  { target, sendIdentity }: Way,
  patienceMs: Milliseconds,
): Promise<number> {
  const { maxForwards, body, localAddress } = text
  const identity = identityFor(text, config.sip.announcedAddress ?? localAddress, sendIdentity)
  return sip.text({ target, ...identity, maxForwards, body, patienceMs })
}

/** @returns the status of the first that takes it, as soon as one does; undefined when none of them did, or none has in so long. */
function firstTaken(
  sent: readonly Promise<number>[],
  clock: Clock,
  patienceMs: Milliseconds,
): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
  const limit = clock.after(patienceMs, () => resolve(undefined))
  const heard = sent.map(async (each) => {
    const status = await each
    if (isTaken(status)) resolve(status)
  })
  Promise.all(heard).then(() => resolve(undefined), reject)
  return promise.finally(() => limit.cancel())
}

function isTaken(status: number): boolean {
  return status >= 200 && status < 300
}

/** @param statuses as the far ends gave them: 202 is passed on as it is, since it promises less (RFC 3428 section 7). */
function answer(text: SipText, statuses: readonly number[]): void {
  const taken = statuses.find(isTaken)
  if (taken !== undefined) {
    text.respond(taken === 202 ? 202 : 200)
    return
  }
  const best = bestStatus(statuses)
  // Nobody waits for a 408 to what is no INVITE any more: it is not to be sent (RFC 4320 section 4.2).
  text.respond(
    best === 408 ? UNAVAILABLE : best,
    reasonFor(statuses.find((status) => mapStatus(status) === best) ?? best),
  )
}
