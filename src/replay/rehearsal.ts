/**
 * A captured caller goes through a secure session again: the vault's own keypad, capture machine and checks, with the capture's clock in
 * place of time and a verdict from a script in place of the service. Nothing here is asked of the machine or of the day, so that the same
 * capture gives the same log, everywhere and always.
 */

import { type CodecName, codecNamed, type Milliseconds, OPUS_PTIME_MS } from '../base/units.ts'
import { Beat } from '../vault/beat.ts'
import { type Plan, SETTLE_MAX_MS, TELLING_MAX_MS, type VaultEvent } from '../vault/contract.ts'
import type { Prompts } from '../vault/prompts.ts'
import { Session } from '../vault/session.ts'
import type { Submission, SubmitOptions, SubmitResult } from '../vault/submit.ts'
import type { Caller } from './caller.ts'
import { type Impairment, impair } from './impairment.ts'
import { NO_HANDLE, OfflineLine } from './offline-line.ts'
import { VirtualClock } from './virtual-clock.ts'
import { watchedLine } from './watched-line.ts'

export type Verdict = 'accepted' | 'declined' | 'failed'

export type RehearsalOptions = {
  readonly caller: Caller
  readonly plan: Plan
  readonly verdict: Verdict
  /** When the session begins, since the first packet of the capture. */
  readonly beginMs: Milliseconds
  /** Milliseconds since 1970 of the first packet: what day it is for an expiry date. */
  readonly capturedMs: Milliseconds
  /** How long each sentence takes that the caller hears. */
  readonly promptMs: Milliseconds
  readonly impairment: Impairment
}

/** What happened, in its order; times since the first packet of the capture. */
export type LogLine = { readonly atMs: Milliseconds } & (
  | { readonly key: number }
  | { readonly state: Readonly<Record<string, unknown>> }
  | { readonly event: VaultEvent }
)

export type Rehearsal = {
  readonly log: readonly LogLine[]
  readonly packetsHeard: number
  /** False when the session had not ended after the longest time that one may take. */
  readonly ended: boolean
}

/** How long the service takes to answer. */
const ANSWER_MS: Milliseconds = 200
/** Beyond the session's own limit: the service answers, the outcome is told and the line waits to be quiet, a beat later each. */
const AFTERMATH_MS: Milliseconds = ANSWER_MS + TELLING_MAX_MS + SETTLE_MAX_MS + 1000

/** Runs it from the first packet to the end of the session. */
export function rehearse(options: RehearsalOptions): Rehearsal {
  const { caller, plan, beginMs, capturedMs } = options
  const clock = new VirtualClock()
  const log: LogLine[] = []
  const note = (line: { key: number } | { state: Readonly<Record<string, unknown>> } | { event: VaultEvent }) =>
    void log.push({ atMs: clock.now(), ...line })
  let line: OfflineLine | undefined
  let lastState = ''
  let over = false
  let packetsHeard = 0
  clock.moveTo(Math.max(0, beginMs))
  const session = new Session({
    sessionId: 'replay',
    ticket: caller.ticket,
    handle: NO_HANDLE,
    plan,
    prompts: sentencesOf(options.promptMs),
    beat: new Beat(clock),
    clock,
    wallClock: () => capturedMs + clock.now(),
    tell: (event, _handle, sent) => {
      // The ticket tells of this machine's line, and nothing of the caller.
      if (event.type === 'returned')
        note({ event: { type: event.type, sessionId: event.sessionId, counts: event.counts } })
      else note({ event })
      sent?.()
    },
    onOver: () => {
      over = true
    },
    openLine: (lineOptions) => {
      line = new OfflineLine(watchedLine(lineOptions, (key) => note({ key })))
      return line
    },
    offline: {
      submit: (submitOptions) => answer(submitOptions, options.verdict),
      onState: (state) => {
        // A machine that stays where it is says so at every event; what it counts besides is in the events.
        const flat = Object.fromEntries(Object.entries(state).filter(([, value]) => typeof value !== 'object'))
        const word = JSON.stringify(flat)
        if (word !== lastState) note({ state: flat })
        lastState = word
      },
    },
  })
  session.open()
  for (const { atMs, bytes, code } of arrivalsOf(caller, options.impairment)) {
    if (atMs < beginMs) continue
    if (over) break
    clock.moveTo(atMs)
    if (code !== undefined) session.key(code)
    if (bytes === undefined) continue
    line?.accept(bytes, caller.address, caller.port)
    packetsHeard++
  }
  if (!over) clock.moveTo(clock.now() + plan.sessionMs + AFTERMATH_MS)
  const ended = over
  if (!over) session.wipe()
  return { log, packetsHeard, ended }
}

type Came = { readonly atMs: Milliseconds; readonly bytes?: Uint8Array; readonly code?: number }

/** Packets by the network, worse as it may be, and keys by signalling, which sends again what is lost. */
function arrivalsOf({ packets, told }: Caller, impairment: Impairment): readonly Came[] {
  return [...impair(packets, impairment), ...told].sort((a, b) => a.atMs - b.atMs)
}

/** Answers as the script says, without looking at what was keyed. */
function answer({ clock, onResult }: SubmitOptions, verdict: Verdict): Submission {
  const timer = clock.after(ANSWER_MS, () => onResult(resultOf(verdict)))
  return { sent: true, abort: () => timer.cancel() }
}

function resultOf(verdict: Verdict): SubmitResult {
  return verdict === 'failed'
    ? { failure: 'validation-unreachable' }
    : { value: verdict, details: `replayed: ${verdict}` }
}

/** Every sentence in every language, each of the same length and of silence: sentences that are recorded anew change no replay. */
function sentencesOf(lengthMs: Milliseconds): Prompts {
  const coded = (_locales: readonly string[], _clip: string, codec: CodecName) => {
    // Whole packets, of which a codec with frames needs none cut.
    const octets = Math.ceil(lengthMs / OPUS_PTIME_MS) * OPUS_PTIME_MS * codecNamed(codec).bytesPerMs
    return new Uint8Array(codec === 'OPUS' ? Math.max(1, octets) : Math.max(1, lengthMs * 8)).fill(0xd5)
  }
  return { locales: ['en'], has: () => true, coded }
}
