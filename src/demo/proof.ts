/**
 * What the demo claims, checked: each claim with the figure it rests on. Pure: works on what the phones remember and on what the
 * searches found.
 */

import type { CodecName } from '../base/units.ts'
import { codecNamed } from '../base/units.ts'
import type { Find } from '../leak/memory-search.ts'
import { landedMs } from './hold-ups.ts'
import { foreignPackets, keysInSound, loudest, loudness, type Stretch, stoppedAt, stretchOf } from './listening.ts'
import type { RtpPhone } from './rtp-phone.ts'
import { longestGapMs, seamsOf } from './stream-seams.ts'

export type Claim = { readonly says: string; readonly figure: string; readonly holds: boolean }

/** Moments of the call, milliseconds of the phones' clock. */
export type Moments = {
  readonly bridgedMs: number
  readonly requestedMs: number
  readonly partedMs: number
  readonly rejoinedMs: number
  readonly endedMs: number
}

export type SoundEvidence = {
  readonly caller: RtpPhone
  readonly agent: RtpPhone
  readonly codec: CodecName
  readonly callerHumHz: number
  readonly agentHumHz: number
  readonly callerReoffers: number
  readonly moments: Moments
  /** How long the processes waited for a processor between two times: no fault of theirs, and taken off, milliseconds. */
  readonly heldUpMs: (fromMs: number, toMs: number) => number
}

/** Longest gap in a person's sound that counts as none, milliseconds (N-18). */
const GAP_LIMIT_MS = 60
/** From the request to the first packet of music, milliseconds. */
const MUSIC_LIMIT_MS = 40
/** A hum is 13 dB below 0 dBm0 when it is heard; music and speech have little at its pitch. */
const HUM_HEARD_DBM0 = -25

/** Claims about what each person heard. */
export function soundClaims(evidence: SoundEvidence): readonly Claim[] {
  const { caller, agent, moments, callerHumHz, agentHumHz } = evidence
  const { bridgedMs, requestedMs, partedMs, rejoinedMs, endedMs } = moments
  const hearing = (phone: RtpPhone, fromMs: number, toMs: number): Stretch =>
    stretchOf(phone.heard, phone.pcm(), phone.sampleRate, fromMs, toMs)
  const apartMs = landedMs(partedMs, evidence.heldUpMs)
  const agentApart = hearing(agent, apartMs, rejoinedMs)
  const callerApart = hearing(caller, apartMs, rejoinedMs)
  const atPart = [requestedMs - 500, partedMs + 500] as const
  const atRejoin = [rejoinedMs - 500, rejoinedMs + 800] as const
  const before = [bridgedMs + 200, requestedMs] as const
  const after = [rejoinedMs + 600, endedMs] as const
  const payloadType = codecNamed(evidence.codec).payloadType
  const foreign = foreignPackets(agentApart, payloadType)
  const keys = keysInSound(agentApart)
  const musicMs = stoppedAt(hearing(agent, requestedMs, rejoinedMs), callerHumHz) ?? Number.POSITIVE_INFINITY
  const tookMs = musicMs - requestedMs - evidence.heldUpMs(requestedMs, musicMs)
  const gap = (phone: RtpPhone, fromMs: number, toMs: number): number =>
    longestGapMs(hearing(phone, fromMs, toMs).packets, 0, evidence.heldUpMs)
  return [
    heard('before: the agent hears the caller', loudest(hearing(agent, ...before), callerHumHz), true),
    heard('before: the caller hears the agent', loudest(hearing(caller, ...before), agentHumHz), true),
    limit('parted: hold music reaches the agent', tookMs, MUSIC_LIMIT_MS),
    {
      says: 'parted: the agent hears music',
      figure: `${loudness(agentApart).toFixed(1)} dBm0`,
      holds: loudness(agentApart) > -40,
    },
    heard('parted: the agent hears nothing of the caller', loudest(agentApart, callerHumHz), false),
    heard('parted: the caller hears nothing of the agent', loudest(callerApart, agentHumHz), false),
    count('parted: telephone-events on the agent leg', foreign),
    count('parted: keys that can be made out in what the agent hears', keys),
    heard('after: the agent hears the caller', loudest(hearing(agent, ...after), callerHumHz), true),
    heard('after: the caller hears the agent', loudest(hearing(caller, ...after), agentHumHz), true),
    limit('gap in the agent\u2019s sound when parted', gap(agent, ...atPart), GAP_LIMIT_MS),
    limit('gap in the agent\u2019s sound when rejoined', gap(agent, ...atRejoin), GAP_LIMIT_MS),
    limit('gap in the caller\u2019s sound when parted', gap(caller, ...atPart), GAP_LIMIT_MS),
    limit('gap in the caller\u2019s sound when rejoined', gap(caller, ...atRejoin), GAP_LIMIT_MS),
    count('seams in the RTP stream to the caller', seamsOf(caller.heard).length),
    count('re-INVITEs sent to the caller', evidence.callerReoffers),
  ]
}

/** The claim that a search found nothing. */
export function cleanClaim(where: string, finds: readonly Find[]): Claim {
  const first = finds[0]
  const found = first === undefined ? '' : `, first: ${first.form} in ${first.where}`
  return { says: `no card number in ${where}`, figure: `${finds.length} finds${found}`, holds: finds.length === 0 }
}

/** A claim as a line. */
export function claimLine(claim: Claim): string {
  return `  ${claim.holds ? 'yes' : 'NO '}  ${claim.says.padEnd(64)} ${claim.figure}`
}

function heard(says: string, levelDbm0: number, wanted: boolean): Claim {
  return { says, figure: `${levelDbm0.toFixed(1)} dBm0`, holds: levelDbm0 > HUM_HEARD_DBM0 === wanted }
}

function limit(says: string, ms: number, limitMs: number): Claim {
  return { says, figure: `${ms.toFixed(0)} ms, limit ${limitMs} ms`, holds: ms <= limitMs }
}

function count(says: string, found: number): Claim {
  return { says, figure: String(found), holds: found === 0 }
}
