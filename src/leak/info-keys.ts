/**
 * Keys in the body of a SIP INFO: `Signal=5` of application/dtmf-relay, the bare key of application/dtmf. For captures that an operator
 * opens himself. What a call's signalling receives is cut before anybody reads it (`src/sip/info-cut.ts`).
 */

const KEYS = '0123456789*#ABCD'
const INFO = Buffer.from('INFO ', 'latin1')

/** @returns RFC 4733 event codes of the keys in a datagram, or in what one segment holds; none when there is no INFO in it. */
export function infoKeysOf(octets: Uint8Array): readonly number[] {
  const whole = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
  if (!whole.includes(INFO)) return []
  return whole
    .toString('latin1')
    .split(/(?=^INFO \S+ SIP\/2\.0\r$)/m)
    .filter((message) => message.startsWith('INFO '))
    .flatMap(keysOfMessage)
}

function keysOfMessage(message: string): number[] {
  const gap = message.indexOf('\r\n\r\n')
  if (gap < 0) return []
  const length = /^(?:content-length|l)[\t ]*:[\t ]*(\d{1,6})/im.exec(message.slice(0, gap))?.[1]
  const start = gap + 4
  const body = length === undefined ? message.slice(start) : message.slice(start, start + Number(length))
  const signal = /^\s*signal\s*[=:]\s*([0-9*#A-D])/im.exec(body)?.[1] ?? /^\s*([0-9*#A-D])\s*$/i.exec(body)?.[1]
  const code = signal === undefined ? -1 : KEYS.indexOf(signal.toUpperCase())
  return code < 0 ? [] : [code]
}
