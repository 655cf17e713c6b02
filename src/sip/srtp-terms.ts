/**
 * Which stream of a description is taken where SRTP is required, and under which keys (RFC 4568 sections 5.1 and 7.1). Never plain RTP:
 * an offer or an answer that has it is refused. Each side has one key for what it sends; ours stays the same for the whole dialog, theirs
 * is another one whenever they say so.
 */

import type { SrtpSuiteName } from '../base/srtp-suites.ts'
import { type CryptoLine, readCrypto, writeCrypto } from './sdes.ts'
import type { SdpAudio, SdpProfile, SdpSession } from './sdp.ts'

/** Our keys, one for each suite that we agree to, best first; made for the dialog. There is at least one. */
export type LocalSrtp = { readonly keys: readonly { readonly suite: SrtpSuiteName; readonly master: Uint8Array }[] }

/** What was settled: the suite, and a master key with its salt for each direction. */
export type AgreedSrtp = {
  readonly tag: number
  readonly suite: SrtpSuiteName
  readonly sendMaster: Uint8Array
  readonly receiveMaster: Uint8Array
}

export type SrtpFault = 'sip.no-audio' | 'sip.bad-crypto' | 'sip.no-common-crypto' | 'sip.srtp-required'
type Chosen = { readonly audio: SdpAudio; readonly srtp?: AgreedSrtp }
type OurKey = Pick<CryptoLine, 'tag' | 'suite' | 'master'>

/** @returns the stream of an offer that we answer, and its keys; the first of their lines that we can use decides. */
export function answeredStream(offer: SdpSession, local: LocalSrtp | undefined): Chosen | SrtpFault {
  return chosen(offer, local, (line) => local?.keys.find(({ suite }) => suite === line.suite)?.master)
}

/** @returns the lines that we offer: the one in use, else one for each of our keys. */
export function offeredKeys({ keys }: LocalSrtp, inUse: AgreedSrtp | undefined): readonly OurKey[] {
  if (inUse !== undefined) return [keyInUse(inUse)]
  return keys.map((key, at) => ({ tag: at + 1, ...key }))
}

/** @returns our line of an agreement. */
export function keyInUse({ tag, suite, sendMaster }: AgreedSrtp): OurKey {
  return { tag, suite, master: sendMaster }
}

/** @returns the stream of an answer to our offer, and its keys: the line must be one that we offered. */
export function streamAnswered(
  answer: SdpSession,
  local: LocalSrtp | undefined,
  inUse: AgreedSrtp | undefined,
): Chosen | SrtpFault {
  const ours = local === undefined ? [] : offeredKeys(local, inUse)
  return chosen(
    answer,
    local,
    (line) => ours.find(({ tag, suite }) => line.tag === tag && line.suite === suite)?.master,
  )
}

/** @returns profile and lines to write. */
export function writtenSrtp(lines: readonly OurKey[]): {
  readonly profile: SdpProfile
  readonly crypto: readonly string[]
} {
  return { profile: 'RTP/SAVP', crypto: lines.map(writeCrypto) }
}

function chosen(
  session: SdpSession,
  local: LocalSrtp | undefined,
  ourKeyFor: (line: CryptoLine) => Uint8Array | undefined,
): Chosen | SrtpFault {
  const audio = local === undefined ? session.audio : session.secureAudio
  if (audio === undefined || audio.port === 0) {
    const plain = local !== undefined && session.audio !== undefined && session.audio.port !== 0
    return plain ? 'sip.srtp-required' : 'sip.no-audio'
  }
  if (local === undefined) return { audio }
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
  return { audio, srtp: { tag: line.tag, suite: line.suite, sendMaster, receiveMaster: line.master } }
}
