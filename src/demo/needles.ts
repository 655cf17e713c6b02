/**
 * Every form in which a card number could lie about: what the leak search looks for. Pure.
 *
 * Only for the search: whoever calls this knows the number already, because it is a test number that was keyed on purpose.
 */

export type Needle = { readonly form: string; readonly octets: Buffer }

/** Shortest part of a number that counts as a find; shorter ones turn up in any memory by chance. */
const SHORTEST_PART = 8

/** All forms of a number: whole, in parts of eight digits, as text in several encodings, as codes, as packed decimal, reversed. @param codes values 0 to 9. */
export function needlesOf(codes: Uint8Array): readonly Needle[] {
  const digits = Array.from(codes, String).join('')
  const groups = digits.match(/.{1,4}/g) ?? []
  const whole: Needle[] = [
    needle('text', digits),
    needle('text, spaces between groups', groups.join(' ')),
    needle('text, dashes between groups', groups.join('-')),
    needle('text, a space after each digit', [...digits].join(' ')),
    needle('text, a comma after each digit', [...digits].join(',')),
    needle('text, reversed', [...digits].reverse().join('')),
    { form: 'UTF-16', octets: Buffer.from(digits, 'utf16le') },
    { form: 'UTF-16, other byte order', octets: Buffer.from(digits, 'utf16le').swap16() },
    { form: 'UTF-32', octets: spaced(Buffer.from(digits, 'latin1'), 4) },
    { form: 'telephone-event codes', octets: Buffer.from(codes) },
    { form: 'telephone-event codes, reversed', octets: Buffer.from(codes).reverse() },
    { form: 'codes as 16-bit numbers', octets: spaced(codes, 2) },
    { form: 'codes as 32-bit numbers', octets: spaced(codes, 4) },
    { form: 'codes as 64-bit floats', octets: Buffer.concat([...codes].map(double)) },
    { form: '64-bit number', octets: integer(digits) },
    { form: '64-bit float', octets: double(Number(digits)) },
    { form: 'packed decimal', octets: Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex') },
    needle('hexadecimal', Buffer.from(digits, 'latin1').toString('hex')),
    needle('URL escapes', [...digits].map((digit) => `%3${digit}`).join('')),
    needle('XML character references', [...digits].map((digit) => `&#${48 + Number(digit)};`).join('')),
    ...base64Forms(digits),
  ]
  return [...whole, ...partsOf(digits)]
}

/** @returns the values of the digits of a text. */
export function digitsOf(text: string): Uint8Array {
  return Uint8Array.from(text, Number)
}

/** Parts of eight digits, as text, UTF-16 and codes. Parts of one repeated digit are left out: padding looks the same. */
function partsOf(digits: string): Needle[] {
  const parts: Needle[] = []
  for (let at = 0; at + SHORTEST_PART <= digits.length; at += SHORTEST_PART / 2) {
    const part = digits.slice(at, at + SHORTEST_PART)
    if (new Set(part).size < 3) continue
    const place = `digits ${at + 1} to ${at + SHORTEST_PART}`
    parts.push(
      needle(`text, ${place}`, part),
      { form: `UTF-16, ${place}`, octets: Buffer.from(part, 'utf16le') },
      { form: `telephone-event codes, ${place}`, octets: Buffer.from([...part].map(Number)) },
    )
  }
  return parts
}

/** Base64 of a text that holds the number at each of the three alignments: the characters that depend on the number alone. */
function base64Forms(digits: string): Needle[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.from(`${'\0'.repeat(before)}${digits}`, 'latin1').toString('base64')
    const first = before === 0 ? 0 : 4
    const last = Math.floor((before + digits.length) / 3) * 4
    return needle(`base64, alignment ${before}`, text.slice(first, last))
  })
}

function needle(form: string, text: string): Needle {
  return { form, octets: Buffer.from(text, 'latin1') }
}

function spaced(octets: Uint8Array, width: number): Buffer {
  const out = Buffer.alloc(octets.length * width)
  for (let i = 0; i < octets.length; i++) out[i * width] = octets[i] ?? 0
  return out
}

function integer(digits: string): Buffer {
  const out = Buffer.alloc(8)
  out.writeBigUInt64LE(BigInt(digits))
  return out
}

function double(value: number): Buffer {
  const out = Buffer.alloc(8)
  out.writeDoubleLE(value)
  return out
}
