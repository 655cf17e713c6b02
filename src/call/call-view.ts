/** A call as others see it: an immutable picture taken on request. */

import type { SrtpSuiteName } from '../base/srtp-suites.ts'
import type { CodecName } from '../base/units.ts'
import type { IncomingSession } from '../sip/session.ts'
import type { CallState } from './call-states.ts'
import type { CallEndingWord } from './events.ts'
import type { LegQuality } from './leg-quality.ts'
import type { SecureRecord } from './secure-record.ts'
import type { TransferRecord } from './transfer-record.ts'

export type LegView = {
  readonly legId: string
  /** Account of the phone; undefined for a trunk or a PBX. */
  readonly account: string | undefined
  /** Name of the trunk; undefined for a phone or a PBX. */
  readonly trunk: string | undefined
  /** By which the far end is known from end to end (RFC 7989); undefined before it has said anything. */
  readonly sessionUuid: string | undefined
  readonly held: boolean
  readonly codec: CodecName | undefined
  /** How it sounded; undefined until the call is over. */
  readonly quality: LegQuality | undefined
  /** The suite that its sound is encrypted with; undefined in plain RTP. */
  readonly srtp: SrtpSuiteName | undefined
}

export type CallView = {
  readonly callId: string
  readonly state: CallState['at']
  /** Who placed it. */
  readonly origin: IncomingSession['origin']['kind']
  /** Numbers as people know them: personal. */
  readonly from: string
  readonly to: string
  /** To an emergency number. */
  readonly isEmergency: boolean
  readonly callerLeg: LegView | undefined
  readonly agentLeg: LegView | undefined
  /** Times of the clock, ms. */
  readonly startedAtMs: number
  readonly bridgedAtMs: number | undefined
  readonly endedAtMs: number | undefined
  readonly ending: CallEndingWord | undefined
  /** What the placing leg was refused with. */
  readonly status: number | undefined
  /** Oldest first. */
  readonly transfers: readonly TransferRecord[]
  /** Oldest first. */
  readonly secureSessions: readonly SecureRecord[]
}

/** @returns the UUID of a leg's far end under a name, when there is one. */
export function uuidOf<Name extends string>(
  name: Name,
  leg: { readonly session: { readonly sessionUuid: string | undefined } | undefined } | undefined,
): { readonly [name in Name]?: string } {
  const uuid = leg?.session?.sessionUuid
  return (uuid === undefined ? {} : { [name]: uuid }) as { readonly [name in Name]?: string }
}

/** Longest user part that is shown; more is nobody's number. */
const NAME_MAX_CHARS = 256

/** @returns who placed a call, who calls and whom, as people know them: the asserted number before that of From, and neither of who wants to stay unknown. */
export function namesOf(
  session: Pick<IncomingSession, 'origin' | 'assertedIdentity' | 'isPrivate' | 'from' | 'target'>,
): {
  readonly origin: IncomingSession['origin']['kind']
  readonly from: string
  readonly to: string
} {
  const { origin, assertedIdentity, isPrivate, from, target } = session
  return {
    origin: origin.kind,
    from: isPrivate ? 'anonymous' : (assertedIdentity ?? from).user.slice(0, NAME_MAX_CHARS),
    to: target.user.slice(0, NAME_MAX_CHARS),
  }
}
