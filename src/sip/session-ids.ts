/**
 * Session-ID (RFC 7989): the two halves by which a call is known from end to end, through every B2BUA on its way. Each is the UUID of one of the
 * two people; a far end hears first that of whom it talks to, then its own.
 *
 *   far end says           | is known by | and gets
 *   A;remote=...           | A           | B;remote=A      B: of whom it talks to, zeros while nobody knows
 *   nothing                | one of ours | B;remote=ours   made on its behalf (section 7)
 *   A, as in RFC 7329      | A           | A               it knows one value alone, and wants it back (section 11)
 */

import { type Headers, headerOf } from './message.ts'
import type { Line } from './write-message.ts'

/** Nobody yet (RFC 7989 section 5). */
export const NIL_UUID = '0'.repeat(32)

export type SessionIds = {
  /** What the far end is known by from end to end. */
  readonly far: string
  /** Takes what a message of the far end says. */
  hear(message: Headers): void
  /** The header of what is sent to the far end now. */
  line(): Line
}

/** What a Session-ID says; `remote` is undefined from peers of RFC 7329. */
export type SessionIdValue = { readonly local: string; readonly remote: string | undefined }

/** @param other the half of whom the far end talks to, asked anew for each message; undefined while nobody knows. @param make draws a UUID. */
export function createSessionIds(other: () => string | undefined, make: () => string): SessionIds {
  let far: string | undefined
  let made: string | undefined
  let ofOldPeer: string | undefined
  const farOf = () => {
    if (far === undefined) made ??= make()
    return far ?? made ?? NIL_UUID
  }
  return {
    get far() {
      return farOf()
    },
    hear: (message) => {
      const told = readSessionId(headerOf(message, 'session-id'))
      if (told === undefined) return
      ofOldPeer = told.remote === undefined ? told.local : undefined
      // A peer of RFC 7329 that was called says ours again.
      if (told.local !== NIL_UUID && told.local !== other()) far = told.local
    },
    line: () => ['Session-ID', ofOldPeer ?? `${other() ?? NIL_UUID};remote=${farOf()}`],
  }
}

/** @returns the header of a request outside of any dialog: nothing is known yet of who will answer it. */
export function firstLine(other: string): Line {
  return ['Session-ID', `${other};remote=${NIL_UUID}`]
}

/** @returns the header of an answer that keeps nothing, to a request that has one; none to any other. */
export function unknownLine(request: Headers): readonly Line[] {
  const told = readSessionId(headerOf(request, 'session-id'))
  if (told === undefined) return []
  return [['Session-ID', told.remote === undefined ? told.local : `${NIL_UUID};remote=${told.local}`]]
}

/** @returns both halves, in lower case; undefined when there are none, or what stands there is no such header. */
export function readSessionId(value: string | undefined): SessionIdValue | undefined {
  if (value === undefined || value.length > 1024) return undefined
  const [local = '', ...params] = value.split(';').map((each) => each.trim().toLowerCase())
  if (!isUuid(local)) return undefined
  const remote = params.map((each) => /^remote\s*=\s*(\S+)$/.exec(each)?.[1]).find((each) => each !== undefined)
  return remote === undefined || isUuid(remote) ? { local, remote } : undefined
}

/** @param hex 32 random digits. @returns a UUID of version 4 (RFC 9562 section 5.4), written as RFC 7989 does. */
export function uuidOf(hex: string): string {
  const variant = '89ab'.charAt(Number.parseInt(hex.charAt(16), 16) & 3)
  return `${hex.slice(0, 12)}4${hex.slice(13, 16)}${variant}${hex.slice(17, 32)}`
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text)
}
