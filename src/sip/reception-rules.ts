/** What the reception goes by: where an answer goes, what has been here before, and who may take over a dialog. Pure. */

import { hash } from 'node:crypto'
import { callIdOf, headerOf, type SipRequest, viaOf } from './message.ts'
import type { Replaced } from './refer.ts'
import { defaultPort, type Flow, isStream } from './transport.ts'
import { parseBrokenVia, responsePort, type Via } from './via.ts'

/** The Via that says where an answer goes, as far as it can be read. */
export function wayViaOf(request: SipRequest): Via | undefined {
  return viaOf(request) ?? parseBrokenVia(headerOf(request, 'via') ?? '')
}

/** Where a response goes: over a stream to the connection its request came by, and if that is gone to the port of the Via (RFC 3261 section 18.2.2). */
export function wayBack(source: Flow, via: Via): Flow {
  const port = isStream(source.transport) ? (via.port ?? defaultPort(source.transport)) : responsePort(via, source.port)
  return { ...source, port }
}

/** @returns whether a branch of ours is among the Vias: the request has been here (RFC 3261 section 16.3 step 4). */
export function cameBack(request: SipRequest, ownBranch: string): boolean {
  return request.names.some((name, at) => name === 'via' && (request.values[at] ?? '').includes(ownBranch))
}

/**
 * Only a phone that has proved itself may take over a dialog of ours; which, its owner decides (RFC 3891 section 3).
 * @returns the status that refuses it.
 */
export function judgeReplaced(
  replaced: Replaced | 'malformed',
  dialogs: ReadonlyMap<string, unknown>,
  isTrunk: boolean,
): number | undefined {
  if (replaced === 'malformed') return 400
  if (!dialogs.has(replaced.key)) return 481
  return isTrunk ? 403 : undefined
}

export function secretTag(secret: string, request: SipRequest): string {
  return hash('sha1', `${secret} ${callIdOf(request)}`).slice(0, 16)
}
