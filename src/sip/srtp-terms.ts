/**
 * Which stream of a description is taken, and under which keys (RFC 4568 sections 5.1 and 7.1). Where SRTP is *required*, never plain RTP: an
 * offer or an answer that has it is refused. Where it is *preferred*, keys are offered on a line of plain RTP, which whoever knows nothing of
 * them takes as such (RFC 8643); and an offer of either kind is answered as it came.
 *
 * A session that has keys stays secure: what would take it back to plain RTP is refused, whoever says it. Each side has one key for what it
 * sends; ours stays the same for the whole dialog, theirs is another one whenever they say so.
 */

import type { SrtpKeys, SrtpSuiteName } from '../base/srtp-suites.ts'
import { type CryptoLine, readCrypto, writeCrypto } from './sdes.ts'
import type { SdpAudio, SdpProfile, SdpSession } from './sdp.ts'

/** Our keys, one for each suite that we agree to, best first; made for the dialog. There is at least one. */
export type LocalSrtp = {
  /** Plain RTP is refused; else it is taken where the far end has nothing better. */
  readonly required: boolean
  readonly keys: readonly { readonly suite: SrtpSuiteName; readonly master: Uint8Array }[]
}

/** What was settled: the suite, and a master key with its salt for each direction. */
export type AgreedSrtp = SrtpKeys & { readonly tag: number; readonly profile: SdpProfile }

export type SrtpFault = 'sip.no-audio' | 'sip.bad-crypto' | 'sip.no-common-crypto' | 'sip.srtp-required'
type Chosen = { readonly audio: SdpAudio; readonly srtp?: AgreedSrtp }
type OurKey = Pick<CryptoLine, 'tag' | 'suite' | 'master'>
type KeyFor = (line: CryptoLine) => Uint8Array | undefined

/** Our side: the policy, and what is in use when something is agreed already; that may be plain RTP. */
export type SrtpSide = {
  readonly local: LocalSrtp | undefined
  readonly inUse: { readonly srtp?: AgreedSrtp } | undefined
}

/** @returns the stream of an offer that we answer, and its keys; the first of their lines that we can use decides. */
export function answeredStream(offer: SdpSession, { local, inUse }: SrtpSide): Chosen | SrtpFault {
  if (local === undefined) return plainStream(offer)
  const found = streamOf(offer, local, inUse?.srtp)
  if (typeof found === 'string') return found
  const { audio, profile, mustBe } = found
  const plain = profile === 'RTP/AVP' && !mustBe ? { audio } : undefined
  if (audio.crypto.length === 0 && plain !== undefined) return plain
  const keyed = keysOf(audio, profile, ({ suite }) => local.keys.find((key) => key.suite === suite)?.master)
  // Who offers plain RTP beside keys that we have no use for gets plain RTP (RFC 8643 section 3).
  return keyed === 'sip.no-common-crypto' && plain !== undefined ? plain : keyed
}

/** @returns the stream of an answer to our offer, and its keys: the line must be one that we offered. */
export function streamAnswered(answer: SdpSession, side: SrtpSide): Chosen | SrtpFault {
  const { local, inUse } = side
  const ours = offeredKeys(side)
  if (local === undefined || ours.length === 0) return plainStream(answer)
  const found = streamOf(answer, local, inUse?.srtp)
  if (typeof found === 'string') return found
  const { audio, profile, mustBe } = found
  if (profile === 'RTP/AVP' && !mustBe && audio.crypto.length === 0) return { audio }
  const ourKey: KeyFor = (line) => ours.find(({ tag, suite }) => line.tag === tag && line.suite === suite)?.master
  return keysOf(audio, profile, ourKey)
}

/** @returns profile and lines of our offer; undefined when it is one of plain RTP alone. */
export function offeredSrtp(side: SrtpSide): WrittenSrtp | undefined {
  const lines = offeredKeys(side)
  if (lines.length === 0) return undefined
  const { local, inUse } = side
  const profile = inUse?.srtp?.profile ?? (local?.required === true ? 'RTP/SAVP' : 'RTP/AVP')
  return { profile, crypto: lines.map(writeCrypto) }
}

/** @returns profile and line of our answer. */
export function answeredSrtp(agreed: AgreedSrtp): WrittenSrtp {
  return { profile: agreed.profile, crypto: [writeCrypto(keyInUse(agreed))] }
}

export type WrittenSrtp = { readonly profile: SdpProfile; readonly crypto: readonly string[] }

/**
 * The line in use, else one for each of our keys; none in a session that goes on in plain RTP. Short tags are not offered behind long ones of
 * the same cipher: who has them has those, and an INVITE has to fit a datagram.
 */
function offeredKeys({ local, inUse }: SrtpSide): readonly OurKey[] {
  if (local === undefined) return []
  if (inUse?.srtp !== undefined) return [keyInUse(inUse.srtp)]
  if (inUse !== undefined) return []
  const offered = local.keys.filter(({ suite }, at) => {
    const before = local.keys.slice(0, at).map((key): string => key.suite)
    return !(suite.endsWith('_32') && before.includes(suite.replace(/_32$/, '_80')))
  })
  return offered.map((key, at) => ({ tag: at + 1, ...key }))
}

function keyInUse({ tag, suite, sendMaster }: AgreedSrtp): OurKey {
  return { tag, suite, master: sendMaster }
}

function isOpen(audio: SdpAudio | undefined): audio is SdpAudio {
  return audio !== undefined && audio.port !== 0
}

function plainStream({ audio }: SdpSession): Chosen | SrtpFault {
  return isOpen(audio) ? { audio } : 'sip.no-audio'
}

type Found = { readonly audio: SdpAudio; readonly profile: SdpProfile; readonly mustBe: boolean }

/** @returns the stream to look at, and whether it must have keys. */
function streamOf(session: SdpSession, local: LocalSrtp, inUse: AgreedSrtp | undefined): Found | SrtpFault {
  const mustBe = local.required || inUse !== undefined
  if (isOpen(session.secureAudio)) return { audio: session.secureAudio, profile: 'RTP/SAVP', mustBe }
  if (!isOpen(session.audio)) return 'sip.no-audio'
  // Keys on a line of plain RTP are only a wish: somebody on the way may have made them one.
  const stripped = local.required || inUse?.profile === 'RTP/SAVP' || (mustBe && session.audio.crypto.length === 0)
  return stripped ? 'sip.srtp-required' : { audio: session.audio, profile: 'RTP/AVP', mustBe }
}

/** @returns the stream with the keys of the first line that we have one for. */
function keysOf(audio: SdpAudio, profile: SdpProfile, ourKeyFor: KeyFor): Chosen | SrtpFault {
  const read = audio.crypto.map(readCrypto)
  const lines = read.flatMap((each) => (each.result === 'usable' ? [each.line] : []))
  // One broken line spoils the description (RFC 4568 section 7.1.2), as do two of one number.
  const broken =
    read.some(({ result }) => result === 'broken') || new Set(lines.map(({ tag }) => tag)).size < lines.length
  const line = broken ? undefined : lines.find((each) => ourKeyFor(each) !== undefined)
  const sendMaster = line === undefined ? undefined : ourKeyFor(line)
  for (const each of lines) if (each !== line) each.master.fill(0)
  if (broken) return 'sip.bad-crypto'
  if (line === undefined || sendMaster === undefined) return 'sip.no-common-crypto'
  const { tag, suite, master: receiveMaster, lifetime: receiveLifetime } = line
  return { audio, srtp: { tag, profile, suite, sendMaster, receiveMaster, receiveLifetime } }
}
