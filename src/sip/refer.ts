/**
 * REFER as it is read (RFC 3515, RFC 4488), and the name of a dialog that another one is to take the place of (RFC 3891). Pure.
 *
 * Of the header fields in a Refer-To URI only Replaces counts: what the next INVITE says is ours to write (RFC 3261 section 19.1.5).
 */

import { dialogKey } from './dialog.ts'
import { paramOf, parseParams } from './lexical.ts'
import { countOf, type Headers, headerOf, listOf, type SipRequest } from './message.ts'
import { parseNameAddr, toParty } from './name-addr.ts'
import type { SipParty } from './session.ts'
import { parseUri } from './uri.ts'

/** A dialog of ours that is to be replaced. */
export type Replaced = {
  /** Its name among our dialogs. */
  readonly key: string
  /** Only as long as it is not answered. */
  readonly earlyOnly: boolean
}

export type Refer = {
  readonly target: SipParty
  /** The target is to take this dialog's place. */
  readonly replaces: Replaced | undefined
  /** The sender wants to be told how it goes; `Refer-Sub: false` says no (RFC 4488). */
  readonly wantsNews: boolean
}

/** @returns what a REFER asks for, or the status that refuses it. */
export function readRefer(request: SipRequest): Refer | { readonly status: number } {
  const values = listOf(request, 'refer-to')
  const address = values?.length === 1 ? parseNameAddr(values[0] ?? '') : undefined
  const uri = address === undefined ? undefined : parseUri(address.uri)
  if (address === undefined || uri === undefined) return { status: 400 }
  if (!['sip', 'sips', 'tel'].includes(uri.scheme)) return { status: 416 }
  // Another request than an INVITE may be asked for, and declined (RFC 3515 section 2.4.2).
  const method = paramOf(uri.params, 'method')
  if (method !== undefined && method !== 'INVITE') return { status: 603 }
  const named = replacesIn(uri.headers)
  if (named === 'malformed') return { status: 400 }
  const bare = address.uri.split('?', 1)[0] ?? ''
  return {
    target: toParty({ ...address, uri: bare }),
    replaces: named,
    wantsNews: headerOf(request, 'refer-sub')?.split(';', 1)[0]?.trim().toLowerCase() !== 'false',
  }
}

/** @returns the dialog that an INVITE is to take the place of; undefined when it names none. */
export function replacesOf(message: Headers): Replaced | 'malformed' | undefined {
  const count = countOf(message, 'replaces')
  if (count === 0) return undefined
  // Join asks for a conference beside it, and the two exclude each other (RFC 3891 section 3, RFC 3911 section 4).
  if (count > 1 || countOf(message, 'join') > 0) return 'malformed'
  return parseReplaces(headerOf(message, 'replaces') ?? '')
}

function replacesIn(headers: string | undefined): Replaced | 'malformed' | undefined {
  const found = (headers ?? '').split('&', 64).flatMap((each) => {
    const [name = '', value = ''] = each.split('=', 2)
    return unescaped(name)?.toLowerCase() === 'replaces' ? [value] : []
  })
  if (found.length === 0) return undefined
  const value = found.length === 1 ? unescaped(found[0] ?? '') : undefined
  return value === undefined ? 'malformed' : parseReplaces(value)
}

function parseReplaces(value: string): Replaced | 'malformed' {
  const semicolon = value.indexOf(';')
  const callId = value.slice(0, Math.max(0, semicolon)).trim()
  const params = semicolon < 0 ? undefined : parseParams(value, semicolon)
  if (params === undefined || callId === '' || /\s/.test(callId)) return 'malformed'
  const [ours, theirs] = [paramOf(params, 'to-tag'), paramOf(params, 'from-tag')]
  if (!ours || theirs === undefined) return 'malformed'
  // A tag of zero stands for none, as peers of RFC 2543 have it (section 6.1).
  const key = dialogKey(callId, ours, theirs === '0' ? '' : theirs)
  return { key, earlyOnly: paramOf(params, 'early-only') !== undefined }
}

/** One character per octet, as everywhere in this room. */
function unescaped(text: string): string | undefined {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return undefined
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
