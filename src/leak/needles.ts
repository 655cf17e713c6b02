/**
 * Every form in which a card number could lie about: what the leak search looks for. Pure.
 *
 * Only for the search: whoever calls this knows the number already, because it is a test number that was keyed on purpose.
 */

export type Needle = {
  readonly form: string
  readonly octets: Buffer
  /** Counts only where no decimal digit stands before or behind it: as a part of a longer number it is a coincidence. */
  readonly alone: boolean
}

/** Shortest part of a number that counts as a find. */
const SHORTEST_PART = 7
/** As text this many digits count wherever they stand; the shorter part only where it stands alone. */
const SHORTEST_TEXT = 8
/** Parts of fewer different digits are left out: padding, tables and round numbers look the same. */
const DIFFERENT_DIGITS = 4
/** As codes they look like the many tables of small numbers sooner. */
const DIFFERENT_CODES = 5
/** As 16-bit numbers they look like samples of quiet sound, of which prompts have hundreds of thousands. */
const SHORTEST_SAMPLES = 10
/** Packed decimals have two digits in an octet: a shorter part turns up by chance. */
const PACKED_DIGITS = 14
/** How finds of `datagramNeedles` begin. Kinds are counted as the keys come, so that no digit is named. */
export const DATAGRAM = 'a datagram of a key'
/** The E bit of an event's second octet. */
const END = 0x80
const WORDS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'] as const
const BASE_32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** All forms of a number: whole in more than 35 encodings, and every part of seven digits in the likely ones. @param codes values 0 to 9. */
export function needlesOf(codes: Uint8Array): readonly Needle[] {
  const digits = Array.from(codes, String).join('')
  return [...textForms(digits), ...escapedForms(digits), ...numberForms(digits, codes), ...partsOf(digits)]
}

/**
 * Datagrams of telephone-events (RFC 4733) as a phone sends them: what is left of one tells its key. Each from the SSRC on.
 * @param ssrc of the phone. @param volume of its events, -dBm0.
 */
export function datagramNeedles(codes: Uint8Array, ssrc: number, volume: number): readonly Needle[] {
  return [...new Set(codes)].flatMap((code, kind) =>
    [volume, volume | END].map((flags) => {
      const octets = Buffer.alloc(6)
      octets.writeUInt32BE(ssrc)
      octets.set([code, flags], 4)
      return octetsOf(`${DATAGRAM}, kind ${kind + 1}`, octets)
    }),
  )
}

/** @returns the values of the digits of a text. */
export function digitsOf(text: string): Uint8Array {
  return Uint8Array.from(text, Number)
}

/** As text: bare, separated, spelled, in other character sets. */
function textForms(digits: string): Needle[] {
  const groups = digits.match(/.{1,4}/g) ?? []
  const each = [...digits]
  const ebcdic = Buffer.from(digits, 'latin1').map((octet) => octet + 0xc0)
  return [
    needle('text', digits),
    needle('text, reversed', each.toReversed().join('')),
    ...[' ', '-', '.', '_'].map((mark) => needle(`text, "${mark}" between groups`, groups.join(mark))),
    ...[' ', ',', ', ', '-', '\n', '","'].map((mark) =>
      needle(`text, ${JSON.stringify(mark)} after each digit`, each.join(mark)),
    ),
    needle('words', each.map((digit) => WORDS[Number(digit)]).join(' ')),
    octetsOf('UTF-16', Buffer.from(digits, 'utf16le')),
    octetsOf('UTF-16, other byte order', Buffer.from(digits, 'utf16le').swap16()),
    octetsOf('UTF-16, groups', Buffer.from(groups.join(' '), 'utf16le')),
    octetsOf('UTF-32', spaced(Buffer.from(digits, 'latin1'), 4)),
    octetsOf('EBCDIC', Buffer.from(ebcdic)),
    octetsOf(
      'full-width digits',
      Buffer.from(each.map((digit) => String.fromCharCode(0xff10 + Number(digit))).join('')),
    ),
    octetsOf('packed 7-bit characters', sevenBit(digits)),
  ]
}

/** As text that stands for octets or characters. */
function escapedForms(digits: string): Needle[] {
  const each = [...digits]
  const ascii = Buffer.from(digits, 'latin1')
  const escaped = (form: string, of: (digit: string) => string, between = '') =>
    needle(form, each.map(of).join(between))
  return [
    needle('hexadecimal', ascii.toString('hex')),
    escaped('hexadecimal, a space after each octet', (digit) => `3${digit}`, ' '),
    escaped('hexadecimal of codes', (digit) => `0${digit}`),
    escaped('hexadecimal of codes, a space after each octet', (digit) => `0${digit}`, ' '),
    needle('octets as decimal numbers', [...ascii].join(',')),
    escaped('URL escapes', (digit) => `%3${digit}`),
    escaped('quoted-printable', (digit) => `=3${digit}`),
    escaped('XML character references', (digit) => `&#${48 + Number(digit)};`),
    escaped('XML character references, hexadecimal', (digit) => `&#x3${digit};`),
    escaped('JSON escapes', (digit) => `\\u003${digit}`),
    escaped('octal escapes', (digit) => `\\0${(48 + Number(digit)).toString(8)}`),
    needle('base32', base32(ascii)),
    ...base64Forms('base64', ascii),
    ...base64Forms('base64 of codes', Buffer.from(each.map(Number))),
    ...base64Forms('base64 of UTF-16', Buffer.from(digits, 'utf16le')),
  ]
}

/** As numbers: of each key, or of the whole. */
function numberForms(digits: string, codes: Uint8Array): Needle[] {
  const even = digits.length % 2 === 0 ? digits : `0${digits}`
  const swapped = even.replaceAll(/(.)(.)/g, '$2$1')
  return [
    octetsOf('telephone-event codes', Buffer.from(codes)),
    octetsOf('telephone-event codes, reversed', Buffer.from(codes).reverse()),
    octetsOf('codes as 16-bit numbers', spaced(codes, 2)),
    octetsOf('codes as 32-bit numbers', spaced(codes, 4)),
    octetsOf('codes as 64-bit or small integers', spaced(codes, 8)),
    octetsOf('codes as 32-bit floats', Buffer.concat([...codes].map(single))),
    octetsOf('codes as 64-bit floats', Buffer.concat([...codes].map(double))),
    octetsOf('64-bit number', integer(digits)),
    octetsOf('64-bit number, other byte order', integer(digits).reverse()),
    octetsOf('64-bit float', double(Number(digits))),
    octetsOf('packed decimal', Buffer.from(even, 'hex')),
    octetsOf('packed decimal, digits of an octet swapped', Buffer.from(swapped, 'hex')),
  ]
}

/** Every part of seven digits, in the forms that memory and wires hold them in. */
function partsOf(digits: string): Needle[] {
  return [
    ...runsOf(digits, SHORTEST_PART).flatMap(({ place, part }) => [
      { ...needle(`text, ${place}`, part), alone: true },
      octetsOf(`UTF-16, ${place}`, Buffer.from(part, 'utf16le')),
    ]),
    ...runsOf(digits, SHORTEST_PART, DIFFERENT_CODES).flatMap(({ place, part }) => {
      const codes = Uint8Array.from(part, Number)
      return [
        octetsOf(`telephone-event codes, ${place}`, Buffer.from(codes)),
        octetsOf(`codes as 32-bit numbers, ${place}`, spaced(codes, 4)),
        octetsOf(`codes as 64-bit or small integers, ${place}`, spaced(codes, 8)),
      ]
    }),
    ...runsOf(digits, SHORTEST_SAMPLES, DIFFERENT_CODES).map(({ place, part }) =>
      octetsOf(`codes as 16-bit numbers, ${place}`, spaced(Uint8Array.from(part, Number), 2)),
    ),
    ...runsOf(digits, SHORTEST_TEXT).map(({ place, part }) => needle(`text, ${place}`, part)),
    ...runsOf(digits, PACKED_DIGITS).map(({ place, part }) =>
      octetsOf(`packed decimal, ${place}`, Buffer.from(part, 'hex')),
    ),
  ]
}

function runsOf(
  digits: string,
  length: number,
  different = DIFFERENT_DIGITS,
): { readonly place: string; readonly part: string }[] {
  const places = Array.from({ length: Math.max(0, digits.length - length + 1) }, (_, at) => at)
  return places.flatMap((at) => {
    const part = digits.slice(at, at + length)
    return new Set(part).size < different ? [] : [{ place: `digits ${at + 1} to ${at + length}`, part }]
  })
}

/** Base64 of octets that hold the number at each of the three alignments: the characters that depend on the number alone. */
function base64Forms(form: string, octets: Buffer): Needle[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), octets]).toString('base64')
    const first = before === 0 ? 0 : 4
    const last = Math.floor((before + octets.length) / 3) * 4
    return needle(`${form}, alignment ${before}`, text.slice(first, last))
  })
}

/** RFC 4648 section 6, whole groups only. */
function base32(octets: Uint8Array): string {
  const bits = Array.from(octets, (octet) => octet.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{5}/g) ?? []).map((five) => BASE_32[Number.parseInt(five, 2)]).join('')
}

/** Eight characters in seven octets, as short messages have them (3GPP 23.038 section 6.1.2.1.1). */
function sevenBit(digits: string): Buffer {
  const bits = [...digits].map((digit) => (48 + Number(digit)).toString(2).padStart(7, '0'))
  const whole = bits.toReversed().join('')
  const out: number[] = []
  for (let end = whole.length; end >= 8; end -= 8) out.push(Number.parseInt(whole.slice(end - 8, end), 2))
  return Buffer.from(out)
}

function needle(form: string, text: string): Needle {
  return octetsOf(form, Buffer.from(text, 'latin1'))
}

function octetsOf(form: string, octets: Buffer): Needle {
  return { form, octets, alone: false }
}

/** Each octet in a number of `width` octets, in either byte order: without the zeros before the first and behind the last. */
function spaced(octets: Uint8Array, width: number): Buffer {
  const out = Buffer.alloc((octets.length - 1) * width + 1)
  for (let i = 0; i < octets.length; i++) out[i * width] = octets[i] ?? 0
  return out
}

function integer(digits: string): Buffer {
  const out = Buffer.alloc(8)
  out.writeBigUInt64LE(BigInt(digits))
  return out
}

function single(value: number): Buffer {
  const out = Buffer.alloc(4)
  out.writeFloatLE(value)
  return out
}

function double(value: number): Buffer {
  const out = Buffer.alloc(8)
  out.writeDoubleLE(value)
  return out
}
