/**
 * Replaces keys that SIP messages tell of: INFO with application/dtmf-relay, application/dtmf and audio/telephone-event, NOTIFY with
 * application/kpml-response+xml (RFC 4730 section 5.3). Of a body of another type that may hold digits every digit is replaced. Works on the
 * octets of one message or of several behind each other, in place, and keeps every length.
 */

import { isDigit } from './event-scrub.ts'

/** Gives the octet or value that a key becomes. */
export type InfoKeys = {
  /** @param was value of the digit, 0 to 9. @param dialog whose keys it is numbered among. @param number of the request, so that one that was sent again gets the same. */
  next(was: number, dialog: string, number: string): number
}

const GAP = Buffer.from('\r\n\r\n', 'latin1')
const ZERO = 0x30
/** Bodies of requests that tell of no key. */
const HARMLESS =
  /^(?:application\/(?:sdp|media_control\+xml|csta\+xml|pidf\+xml|reginfo\+xml|dialog-info\+xml|simple-message-summary)|message\/sipfrag)$/
const START = /^(INFO|NOTIFY) \S+ SIP\/2\.0$/

/** @returns how many keys were replaced. */
export function scrubInfo(octets: Uint8Array, keys: InfoKeys): number {
  const whole = Buffer.from(octets.buffer, octets.byteOffset, octets.length)
  let count = 0
  for (let at = 0; at < whole.length; ) {
    const gap = whole.indexOf(GAP, at)
    if (gap < 0) break
    const head = lastMessageHead(whole, at, gap)
    const body = gap + GAP.length
    if (head === undefined) {
      at = body
      continue
    }
    const length = headerOf(head, 'content-length', 'l')
    const end = length === undefined ? whole.length : Math.min(whole.length, body + Number(length))
    if (START.test(head[0] ?? '') && end > body) count += scrubBody(whole, body, end, head, keys)
    at = Math.max(body, end)
  }
  return count
}

/** The lines of the header that ends at `gap`, from its start line on; no body is in it. */
function lastMessageHead(whole: Buffer, from: number, gap: number): readonly string[] | undefined {
  const lines = whole.toString('latin1', from, gap).split('\r\n')
  const start = lines.findLastIndex((line) => /^(?:[A-Z]+ \S+ SIP\/2\.0|SIP\/2\.0 \d{3}\b.*)$/.test(line))
  return start < 0 ? undefined : lines.slice(start)
}

function headerOf(head: readonly string[], long: string, short: string): string | undefined {
  const line = head.find((one) => new RegExp(`^(?:${long}|${short})[\\t ]*:`, 'i').test(one))
  return line?.slice(line.indexOf(':') + 1).trim()
}

function scrubBody(p: Buffer, from: number, to: number, head: readonly string[], keys: InfoKeys): number {
  const type = headerOf(head, 'content-type', 'c')?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (HARMLESS.test(type)) return 0
  const dialog = headerOf(head, 'call-id', 'i') ?? ''
  const number = headerOf(head, 'cseq', 'cseq') ?? ''
  if (type === 'audio/telephone-event' && to - from <= 16) return scrubEvents(p, from, to, dialog, number, keys)
  let count = 0
  for (const at of placesOf(p, from, to, type)) {
    p[at] = ZERO + keys.next((p[at] as number) - ZERO, dialog, `${number} ${count}`)
    count++
  }
  return count
}

/** The digits of a body that stand for keys. */
function* placesOf(p: Buffer, from: number, to: number, type: string): Generator<number> {
  const wanted =
    type === 'application/dtmf-relay' ? 'signal' : type.startsWith('application/kpml') ? 'digits' : undefined
  // A line of another name - the duration, the tag - is no key; without the name every digit may be one.
  const named = wanted !== undefined && indexOfWord(p, wanted, from, to) >= 0
  for (let at = from; at < to; at++) {
    if (!isDigit((p[at] as number) - ZERO)) continue
    if (!named || isValueOf(p, from, at, wanted as string)) yield at
  }
}

function isValueOf(p: Buffer, from: number, at: number, name: string): boolean {
  let start = at
  // Back to the sign that the value stands behind: nothing but quotes, blanks and other keys may be between.
  while (start > from && /[0-9A-D*#"' ]/i.test(String.fromCharCode(keyless(p[start - 1] as number)))) start--
  if (p[start - 1] !== 0x3d && p[start - 1] !== 0x3a) return false
  let end = start - 1
  while (end > from && p[end - 1] === 0x20) end--
  return indexOfWord(p, name, Math.max(from, end - name.length), end) === end - name.length
}

/** A digit as any digit: none becomes a string. */
function keyless(octet: number): number {
  return isDigit(octet - ZERO) ? ZERO : octet
}

function indexOfWord(p: Buffer, word: string, from: number, to: number): number {
  for (let at = from; at + word.length <= to; at++) {
    let same = true
    for (let i = 0; i < word.length && same; i++) same = ((p[at + i] as number) | 0x20) === word.charCodeAt(i)
    if (same) return at
  }
  return -1
}

/** A body of RFC 4733 events, as some gateways send it. */
function scrubEvents(p: Buffer, from: number, to: number, dialog: string, number: string, keys: InfoKeys): number {
  let count = 0
  for (let at = from; at < to; at += 4) {
    if (!isDigit(p[at] as number)) continue
    p[at] = keys.next(p[at] as number, dialog, `${number} ${count}`)
    count++
  }
  return count
}
