/**
 * The small pieces of SIP's grammar (RFC 3261 section 25.1): tokens, quoted strings, comma lists and parameters.
 *
 * Text in this room is a binary string, one character per octet (latin1), so that an unknown octet goes out as it came in;
 * `fromWire` and `toWire` turn the parts a person reads into UTF-8 and back. Nothing here throws on bad input.
 */

/** `;name=value` pairs in the order received; names in lower case, values without quotes, `undefined` for a bare name. */
export type Params = readonly (readonly [name: string, value: string | undefined])[]

/** More elements than this in one list header is an attack, not a call. */
export const MAX_LIST = 64
/** More parameters than this behind one address is an attack, not a call. */
export const MAX_PARAMS = 64

const TOKEN = tableOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.!%*_+`'~")
const NO_PARAMS: Params = []
/** `\p{Cc}` takes in U+0080 to U+009F, which are octets of UTF-8 here, so they are taken out again. */
const CONTROLS = /[\p{Cc}--[\x80-\x9f]]/v
const CONTROLS_ALL = /[\p{Cc}--[\x80-\x9f]]+/gv

/** @returns whether the text is a token of RFC 3261: not empty, no separators, no octet above 127. */
export function isToken(text: string): boolean {
  if (text === '') return false
  for (let i = 0; i < text.length; i += 1) if (TOKEN[text.charCodeAt(i)] !== 1) return false
  return true
}

/** @returns the index of the quote that closes the one at `open`, or -1. Backslash escapes one octet. */
export function endOfQuoted(text: string, open: number): number {
  for (let i = open + 1; i < text.length; i += 1) {
    const code = text.charCodeAt(i)
    if (code === 0x5c) i += 1
    else if (code === 0x22) return i
  }
  return -1
}

/** @returns a quoted string's content, without its quotes and escapes. */
export function unquote(text: string): string {
  if (!text.startsWith('"')) return text
  const inner = text.slice(1, -1)
  return inner.includes('\\') ? inner.replace(/\\([\s\S])/g, '$1') : inner
}

/** @returns the text as a quoted string. */
export function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/**
 * Splits a list header at its commas, those inside quotes and angle brackets left alone.
 * @returns the trimmed elements; `undefined` when one is empty, a quote stays open, or there are more than `MAX_LIST`.
 */
export function splitList(text: string): string[] | undefined {
  if (!text.includes(',')) {
    const only = text.trim()
    return only === '' ? undefined : [only]
  }
  const elements: string[] = []
  let start = 0
  let inAngle = false
  for (let i = 0; i <= text.length; i += 1) {
    const code = i === text.length ? 0x2c : text.charCodeAt(i)
    if (code === 0x22 && !inAngle) {
      i = endOfQuoted(text, i)
      if (i < 0) return undefined
    } else if (code === 0x3c) inAngle = true
    else if (code === 0x3e) inAngle = false
    else if (code === 0x2c && (!inAngle || i === text.length)) {
      const element = text.slice(start, i).trim()
      if (element === '' || elements.length === MAX_LIST) return undefined
      elements.push(element)
      start = i + 1
    }
  }
  return elements
}

/**
 * Reads `;a=b;c="d";e` from `start` to the end; white space is allowed around each sign (RFC 4475 section 3.1.1.1).
 * @returns the parameters, or `undefined` when anything else stands there.
 */
export function parseParams(text: string, start: number): Params | undefined {
  let at = skipSpace(text, start)
  if (at === text.length) return NO_PARAMS
  const params: [string, string | undefined][] = []
  while (at < text.length) {
    if (text.charCodeAt(at) !== 0x3b || params.length === MAX_PARAMS) return undefined
    at = skipSpace(text, at + 1)
    const nameEnd = endOfToken(text, at)
    if (nameEnd === at) return undefined
    const name = text.slice(at, nameEnd).toLowerCase()
    at = skipSpace(text, nameEnd)
    let value: string | undefined
    if (text.charCodeAt(at) === 0x3d) {
      at = skipSpace(text, at + 1)
      const end = endOfValue(text, at)
      if (end < 0) return undefined
      value = unquote(text.slice(at, end))
      at = skipSpace(text, end)
    }
    params.push([name, value])
  }
  return params
}

/** @returns the value of a parameter, '' when it stands there without one, `undefined` when it is absent. */
export function paramOf(params: Params, name: string): string | undefined {
  for (const param of params) if (param[0] === name) return param[1] ?? ''
  return undefined
}

/** @returns the unsigned number that the whole text is, or `undefined`: no sign, no space, at most `max`. */
export function parseDigits(text: string, max: number): number | undefined {
  if (text === '' || text.length > 10) return undefined
  let value = 0
  for (let i = 0; i < text.length; i += 1) {
    const digit = text.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
  }
  return value <= max ? value : undefined
}

/** @returns the index of the first octet at or after `at` that is no white space. */
export function skipSpace(text: string, at: number): number {
  let i = at
  while (i < text.length) {
    const code = text.charCodeAt(i)
    if (code !== 0x20 && code !== 0x09) break
    i += 1
  }
  return i
}

/** Text as received (one character per octet) to text a person reads. Broken UTF-8 becomes U+FFFD. */
export function fromWire(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'latin1').toString('utf8')
}

/** Text a person reads to text as it is sent. */
export function toWire(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1')
}

/** @returns the text without line ends and other controls, so that no value can start a header of its own. */
export function withoutControls(text: string): string {
  return CONTROLS.test(text) ? text.replaceAll(CONTROLS_ALL, ' ') : text
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) > 0x7f) return false
  return true
}

function endOfToken(text: string, start: number): number {
  let i = start
  while (i < text.length && TOKEN[text.charCodeAt(i)] === 1) i += 1
  return i
}

/** A value is a quoted string, a token or a host; anything up to the next separator is let through. */
function endOfValue(text: string, start: number): number {
  if (text.charCodeAt(start) === 0x22) {
    const end = endOfQuoted(text, start)
    return end < 0 ? -1 : end + 1
  }
  let i = start
  while (i < text.length) {
    const code = text.charCodeAt(i)
    if (code === 0x3b || code === 0x20 || code === 0x09) break
    if (code === 0x22 || code === 0x2c || code === 0x3c || code === 0x3e) return -1
    i += 1
  }
  return i === start ? -1 : i
}

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256)
  for (let i = 0; i < characters.length; i += 1) table[characters.charCodeAt(i)] = 1
  return table
}
