/**
 * A key press that came by SIP INFO: read out of octets, never out of a string, and carried past a process that must not know it.
 * There is no RFC for these two bodies; they are what gateways and phones send:
 *
 *     application/dtmf-relay    Signal=5 CR LF Duration=160 CR LF     names in any case, spaces anywhere, line ends of any kind
 *     application/dtmf          5
 *
 * The value is a digit, `*`, `#` or a letter A to D, or the number of the RFC 4733 event, 10 to 15.
 */

export type InfoForm = 'dtmf-relay' | 'dtmf'

/** A press for the vaults alone: sealed to each of them, by process id. */
export type SealedKey = ReadonlyMap<number, Uint8Array>

/** Where the body of an INFO lies while its message is dealt with: one piece of locked memory for one message at a time. */
export type KeySlip = {
  /** Copies a body in. @returns false when it is too long to be a key: nothing is kept. */
  put(form: InfoForm, octets: Uint8Array, from: number, to: number): boolean
  /** @returns the body so that only vaults can read it; undefined when there is none, or no vault. */
  seal(): SealedKey | undefined
  /** @returns the key itself, RFC 4733 event code, or -1: for feature codes of agents, which are no secrets. */
  read(): number
  /** Overwrites it. May be called twice. */
  wipe(): void
}

const NO_KEY = -1
const STAR = 10
const POUND = 11
const FIRST_LETTER = 12
const LAST_KEY = 15
/** `signal`, small. */
const SIGNAL = [0x73, 0x69, 0x67, 0x6e, 0x61, 0x6c]

/** @param contentType in lower case, without parameters. @returns undefined when no keys come in such a body. */
export function infoFormOf(contentType: string): InfoForm | undefined {
  if (contentType === 'application/dtmf-relay') return 'dtmf-relay'
  return contentType === 'application/dtmf' ? 'dtmf' : undefined
}

/** @returns the RFC 4733 event code (0 to 15) of the one key that `octets[from..to)` tells of; -1 when it is none, or more than one. */
export function infoKey(form: InfoForm, octets: Uint8Array, from: number, to: number): number {
  if (form === 'dtmf') return valueIn(octets, from, to)
  let key = NO_KEY
  for (let start = from; start < to; ) {
    let end = start
    while (end < to && !isLineEnd(octets[end] as number)) end++
    const value = afterSignal(octets, start, end)
    if (value >= 0) {
      if (key !== NO_KEY) return NO_KEY
      key = valueIn(octets, value, end)
      if (key === NO_KEY) return NO_KEY
    }
    start = end + 1
  }
  return key
}

/** @returns where the value of a line `Signal = ...` begins; -1 when it is another line. */
function afterSignal(octets: Uint8Array, start: number, end: number): number {
  let at = afterBlanks(octets, start, end)
  for (const letter of SIGNAL) if (at >= end || ((octets[at++] as number) | 0x20) !== letter) return -1
  at = afterBlanks(octets, at, end)
  return octets[at] === 0x3d && at < end ? at + 1 : -1
}

/** @returns the key that is all there is beside blanks and line ends. */
function valueIn(octets: Uint8Array, start: number, end: number): number {
  const at = afterBlanks(octets, start, end)
  let to = end
  while (to > at && isBlank(octets[to - 1] as number)) to--
  if (to - at === 1) return keyOf(octets[at] as number)
  // The number of the event in two figures.
  const number = to - at === 2 && octets[at] === 0x31 ? 10 + (octets[at + 1] as number) - 0x30 : NO_KEY
  return number >= STAR && number <= LAST_KEY ? number : NO_KEY
}

function keyOf(octet: number): number {
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30
  if (octet === 0x2a) return STAR
  if (octet === 0x23) return POUND
  const letter = (octet | 0x20) - 0x61
  return letter >= 0 && letter <= LAST_KEY - FIRST_LETTER ? FIRST_LETTER + letter : NO_KEY
}

function afterBlanks(octets: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end && isBlank(octets[at] as number)) at++
  return at
}

/** Space, tab, line ends, and the zero that some put behind. */
function isBlank(octet: number): boolean {
  return octet === 0x20 || octet === 0x09 || isLineEnd(octet)
}

function isLineEnd(octet: number): boolean {
  return octet === 0x0d || octet === 0x0a || octet === 0x00
}
