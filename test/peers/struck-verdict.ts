/** What must hold of a call whatever was done to the server in it, and how soon its people were told: pure, from what a wave remembers. */

import { type HoldUps, landedMs } from '../../src/demo/hold-ups.ts'
import { foreignPackets, keysInSound, type Stretch, stretchOf } from '../../src/demo/listening.ts'
import type { TimelineEvent } from '../../src/demo/timeline.ts'
import { goertzelPower, levelOf } from '../../src/rtp/tone.ts'
import type { Sotto } from './sotto.ts'
import type { Struck } from './strikes.ts'
import type { StruckCall } from './struck-call.ts'
import { AGENT_HUM_HZ, CALLER_HUM_HZ } from './talk.ts'

/** What a process's loss cost the two people of a call. */
export type Reaction = {
  /** What was done; `no strike` where a process was taken for dead that the machine kept waiting. */
  readonly kind: Struck['kind'] | 'no strike'
  /** From the strike, or from when control ran again, until both were rejoined or released; what the machine held up is taken off. */
  readonly toldMs: number
  /** The same with it. */
  readonly rawMs: number
  /** Until the agent heard the caller, with it; undefined when one was released, or the caller keyed on and was muted. */
  readonly heardMs: number | undefined
}

export type Verdict = {
  /** In words; none when all is well. */
  readonly flaws: readonly string[]
  /** `accepted`, `declined`, or the reason of the failure; undefined when there was no session. */
  readonly outcome: string | undefined
  readonly reaction: Reaction | undefined
  /** How long the machine kept everybody waiting in the session, milliseconds, all of them together. */
  readonly heldMs: number
  /** What was told of the call, in short. */
  readonly story: string
}

export type VerdictOptions = {
  readonly call: StruckCall
  readonly sotto: Pick<Sotto, 'whenMs'>
  readonly strikes: readonly Struck[]
  readonly holdUps: HoldUps
  /** It came to rest in time: both heard each other, or both were released. */
  readonly settled: boolean
}

/** One packet of a hum is 7 dB above this; music and prompts are 8 dB below it at these pitches, in any 20 ms. */
const PACKET_OF_HUM_DBM0 = -20
const DEADLY = /kill|stop|stutter|starve/
/** A process that was struck is known to be lost by then. */
const NOTICED_MS = 2000
const REASON = /^(SIP|Q\.850);cause=\d+/
const LOST_CALL = ['media-lost', 'vault-stuck', 'caller-unreachable']

/** Judges a call that has come to rest. */
export function judge(options: VerdictOptions): Verdict {
  const { call, settled } = options
  const ended = find(call.events, 'secure.ended')
  return {
    flaws: [
      ...(settled ? [] : [`left one-way or unsettled, ${released(call)}`]),
      ...endFlaws(call, ended),
      ...releaseFlaws(call),
      ...orderFlaws(call.events),
      ...soundFlaws(options),
    ],
    outcome: outcomeOf(ended),
    reaction: reactionOf(options),
    heldMs: heldMsOf(options, ended),
    story: storyOf(call),
  }
}

function heldMsOf({ call, sotto, holdUps }: VerdictOptions, ended: TimelineEvent | undefined): number {
  const began = find(call.events, 'secure.requested')
  if (began === undefined || ended === undefined) return 0
  return holdUps.heldMs(sotto.whenMs(began), sotto.whenMs(ended))
}

/** What was told of a call, in short. */
function storyOf({ slot, events }: StruckCall): string {
  const words = events.map(({ type, ending, outcome }) => {
    const { result, reason } = (outcome ?? {}) as { readonly result?: string; readonly reason?: string }
    return [type.replace('secure.', ''), ending ?? reason ?? result].filter((word) => word !== undefined).join(' ')
  })
  return `slot ${slot}: ${words.filter((word, i) => word !== words[i - 1]).join(', ')}`
}

function released({ releasedMs }: StruckCall): string {
  return `caller ${releasedMs.caller === undefined ? 'in the call' : 'released'}, agent ${releasedMs.agent === undefined ? 'in the call' : 'released'}`
}

function outcomeOf(ended: TimelineEvent | undefined): string | undefined {
  const outcome = ended?.['outcome'] as { readonly result?: string; readonly reason?: string } | undefined
  return outcome?.reason ?? outcome?.result
}

function endFlaws({ events, sessionId }: StruckCall, ended: TimelineEvent | undefined): string[] {
  if (sessionId === undefined) return find(events, 'call.ended') === undefined ? ['no session began'] : []
  if (ended === undefined) return ['a session without an end']
  const { result, reason } = ended['outcome'] as { readonly result?: string; readonly reason?: string }
  const typed = result === 'accepted' || result === 'declined' || (result === 'failed' && reason !== undefined)
  return typed && String(ended['resultString']).includes('|') ? [] : ['an end without a type']
}

function releaseFlaws({ releasedMs, caller, agent }: StruckCall): string[] {
  const one = (atMs: number | undefined, reason: string, who: string) =>
    atMs === undefined || REASON.test(reason) ? [] : [`the ${who} was released without a reason`]
  return [
    ...one(releasedMs.caller, caller.signalling.byeReason, 'caller'),
    ...one(releasedMs.agent, agent.signalling.byeReason, 'agent'),
  ]
}

/** Wiped, or the vault and its memory gone, before anybody is joined. */
function orderFlaws(events: readonly TimelineEvent[]): string[] {
  const at = (type: string) => events.findIndex((event) => event.type === type)
  const rejoined = at('secure.rejoined')
  if (rejoined < 0 || at('secure.began') < 0) return []
  const gone = [at('secure.wiped'), at('secure.vault-lost')].filter((i) => i >= 0 && i < rejoined)
  return gone.length > 0 ? [] : ['rejoined before wiped']
}

/** What the agent must not have heard in a secure session, or the caller. */
export function soundFlaws({ call, sotto, strikes, holdUps }: Omit<VerdictOptions, 'settled'>): string[] {
  const parted = find(call.events, 'secure.parted')
  if (parted === undefined) return []
  const partedMs = sotto.whenMs(parted)
  const fromMs = landedMs(partedMs, holdUps.heldMs)
  const rejoined = find(call.events, 'secure.rejoined')
  const apartMs = rejoined === undefined ? Number.POSITIVE_INFINITY : sotto.whenMs(rejoined) - Number(rejoined['gapMs'])
  // What the caller's line held back when they were parted comes when it lets go.
  const lines = strikes.filter(({ kind, atMs, untilMs }) => kind === 'held-line' && atMs < fromMs && untilMs > partedMs)
  const callerFromMs = Math.max(fromMs, ...lines.map(({ untilMs }) => untilMs + fromMs - partedMs))
  const between = ({ sound }: StruckCall['caller'], toMs: number, sinceMs = fromMs): Stretch =>
    stretchOf(sound.heard, sound.pcm(), sound.sampleRate, sinceMs, toMs)
  const codec = call.agent.sound.heard[0]?.payloadType ?? -1
  // Also after the rejoin: whoever was not told that the vault died keys on.
  const ever = between(call.agent, Number.POSITIVE_INFINITY)
  const flaws: string[] = []
  const say = (count: number, what: string) => void (count > 0 && flaws.push(`${count} ${what}`))
  say(foreignPackets(ever, codec), 'telephone-events at the agent')
  say(keysInSound(ever), 'keys in the sound at the agent')
  say(
    packetsOfHum(between(call.agent, apartMs), CALLER_HUM_HZ).length,
    'packets of the caller at the agent while parted',
  )
  say(
    packetsOfHum(between(call.caller, apartMs, callerFromMs), AGENT_HUM_HZ).length,
    'packets of the agent at the caller while parted',
  )
  return flaws
}

/** When packets came that hold a hum; one of them is 20 ms long. */
function packetsOfHum({ packets, pcm, sampleRate }: Stretch, hz: number): readonly number[] {
  const first = packets[0]?.at ?? 0
  const count = sampleRate / 50
  return packets
    .filter(({ at }) => at - first + count <= pcm.length)
    .filter(({ at }) => levelOf(goertzelPower(pcm, at - first, count, hz, sampleRate)) > PACKET_OF_HUM_DBM0)
    .map(({ arrivedMs }) => arrivedMs)
}

function reactionOf({ call, sotto, strikes, holdUps }: VerdictOptions): Reaction | undefined {
  const { events, releasedMs, agent } = call
  const lost = events.find(
    ({ type, ending }) => type === 'secure.vault-lost' || (type === 'call.ended' && LOST_CALL.includes(String(ending))),
  )
  if (lost === undefined) return undefined
  const lostMs = sotto.whenMs(lost)
  const caused = ({ atMs, untilMs, kind }: Struck) =>
    DEADLY.test(kind) && atMs < lostMs && lostMs - untilMs < NOTICED_MS + holdUps.heldMs(untilMs, lostMs)
  // Without a strike that would explain it, the machine kept a process waiting for so long that it was taken for dead: then the notice counts.
  const struck = strikes.findLast(caused)
  const sinceMs = struck?.atMs ?? lostMs
  const rejoined = events.find((event) => event.type === 'secure.rejoined' && sotto.whenMs(event) > lostMs)
  const told = rejoined === undefined ? Math.max(releasedMs.caller ?? 0, releasedMs.agent ?? 0) : sotto.whenMs(rejoined)
  // Who is stopped tells nobody anything: control is waited for.
  const halted = strikes.filter(
    ({ kind, atMs, untilMs }) => kind === 'control-stop' && atMs < told && untilMs > sinceMs,
  )
  const fromMs = Math.max(sinceMs, ...halted.map(({ untilMs }) => Math.min(untilMs, told)))
  const kind = struck?.kind ?? 'no strike'
  const rawMs = Math.max(0, told - fromMs)
  const toldMs = Math.max(0, rawMs - holdUps.heldMs(fromMs, told))
  if (rejoined === undefined || call.keyedUntilMs > told) return { kind, toldMs, rawMs, heardMs: undefined }
  const { heard, sampleRate } = agent.sound
  const after = stretchOf(heard, agent.sound.pcm(), sampleRate, told, Number.POSITIVE_INFINITY)
  const [heardMs] = packetsOfHum(after, CALLER_HUM_HZ)
  return { kind, toldMs, rawMs, heardMs: heardMs === undefined ? undefined : heardMs - fromMs }
}

function find(events: readonly TimelineEvent[], type: string): TimelineEvent | undefined {
  return events.find((event) => event.type === type)
}
