/** Whose sound a leg may take beside that of the described address, by who is at its other end. */

import type { Stream } from '../media/contract.ts'
import type { SipOrigin } from '../sip/session.ts'
import type { CallConfig } from './call-world.ts'

export type LatchTerms = Pick<Stream, 'latch' | 'latchNetworks'>

/** An address without a zone: media is never at a link-local one. */
const NUMERIC = /^[0-9a-fA-F.:]+$/

/** @returns what a stream is told of where its signalling comes from. */
export function nearOf(from: string | undefined): Pick<Stream, 'signalledFrom'> {
  return from === undefined || !NUMERIC.test(from) ? {} : { signalledFrom: from }
}

/** @returns the trunk that a call came from. */
export function trunkOf(origin: SipOrigin): string | undefined {
  return origin.kind === 'trunk' ? origin.trunk : undefined
}

/** @returns the terms of a trunk; of phones, PBXs too, without one. A trunk that names neither has those of `media`. */
export function latchOf(
  { media, trunks }: Pick<CallConfig, 'media' | 'trunks'>,
  trunk: string | undefined,
): LatchTerms {
  const own = trunks.find(({ name }) => name === trunk)
  const latch = own?.latch ?? media.latch
  const networks = own === undefined || (own.latch === undefined && own.latchNetworks.length === 0) ? media : own
  const named = latch === 'first' ? networks.latchNetworks : []
  return named.length === 0 ? { latch } : { latch, latchNetworks: [...named] }
}
