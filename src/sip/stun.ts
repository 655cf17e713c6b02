/**
 * STUN on the port of SIP over UDP (RFC 8489, as far as RFC 5626 section 8 needs it): a phone behind a NAT keeps its way open with Binding requests,
 * and learns from the answer when the NAT has given it another address. Pure.
 *
 * Nothing else is answered: no indication, no other method, nothing that could be taken for an answer. An answer has at most 12 octets more than what a
 * request had (24 over IPv6, 8 more when it had a fingerprint), so that there is nothing to gain by asking in somebody else's name.
 */

import { isIPv4 } from 'node:net'
import { crc32 } from 'node:zlib'
import { plainAddress } from '../base/source-address.ts'

const HEADER_BYTES = 20
const MAGIC_COOKIE = 0x2112a442
const BINDING_REQUEST = 0x0001
const BINDING_SUCCESS = 0x0101
const BINDING_ERROR = 0x0111
const ERROR_CODE = 0x0009
const UNKNOWN_ATTRIBUTES = 0x000a
const XOR_MAPPED_ADDRESS = 0x0020
const FINGERPRINT = 0x8028
const FINGERPRINT_MASK = 0x5354554e
const FINGERPRINT_BYTES = 8
/** From here on an attribute may be ignored by who does not know it (RFC 8489 section 14). */
const FIRST_OPTIONAL = 0x8000
/** Those that prove somebody: nobody has to here (section 6.3.1), and what stands in them is not looked at. */
const CREDENTIALS: readonly number[] = [0x0006, 0x0008, 0x0014, 0x0015, 0x001c, 0x001d, 0x001e]
/** Unknown attributes that are named in an answer at most. */
const MAX_NAMED = 4

/** @returns whether a datagram is one of STUN: no message of SIP begins with two bits that are zero (RFC 5626 section 8). */
export function isStun(octets: Buffer): boolean {
  return (
    octets.length >= HEADER_BYTES &&
    (octets.readUInt8(0) & 0xc0) === 0 &&
    octets.readUInt32BE(4) === MAGIC_COOKIE &&
    octets.readUInt16BE(2) === octets.length - HEADER_BYTES &&
    octets.length % 4 === 0
  )
}

/** @param octets that `isStun` says yes to. @param address of who sent it. @returns the answer; undefined when there is none. */
export function answerStun(octets: Buffer, address: string, port: number): Buffer | undefined {
  if (octets.readUInt16BE(0) !== BINDING_REQUEST) return undefined
  const unknown: number[] = []
  let hasFingerprint = false
  for (let at = HEADER_BYTES; at < octets.length; ) {
    if (at + 4 > octets.length || hasFingerprint) return undefined
    const type = octets.readUInt16BE(at)
    const length = octets.readUInt16BE(at + 2)
    if (type === FINGERPRINT) {
      if (length !== 4 || at + FINGERPRINT_BYTES !== octets.length) return undefined
      if (octets.readUInt32BE(at + 4) !== fingerprintOf(octets.subarray(0, at))) return undefined
      hasFingerprint = true
    } else if (type < FIRST_OPTIONAL && !CREDENTIALS.includes(type)) unknown.push(type)
    at += 4 + Math.ceil(length / 4) * 4
    if (at > octets.length) return undefined
  }
  const transaction = octets.subarray(4, HEADER_BYTES)
  return unknown.length === 0
    ? message(BINDING_SUCCESS, transaction, [mapped(address, port, transaction)], hasFingerprint)
    : message(BINDING_ERROR, transaction, refusal(unknown.slice(0, MAX_NAMED)), hasFingerprint)
}

function message(type: number, transaction: Buffer, attributes: readonly Buffer[], hasFingerprint: boolean): Buffer {
  const body = Buffer.concat(attributes)
  const head = Buffer.alloc(4)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(body.length + (hasFingerprint ? FINGERPRINT_BYTES : 0), 2)
  const whole = Buffer.concat([head, transaction, body])
  if (!hasFingerprint) return whole
  const value = Buffer.alloc(4)
  value.writeUInt32BE(fingerprintOf(whole))
  return Buffer.concat([whole, attribute(FINGERPRINT, value)])
}

function attribute(type: number, value: Buffer): Buffer {
  const padded = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4)
  padded.writeUInt16BE(type, 0)
  padded.writeUInt16BE(value.length, 2)
  value.copy(padded, 4)
  return padded
}

/** Hidden from NATs that put other addresses wherever they see one (section 14.2). @param transaction with the cookie before it. */
function mapped(address: string, port: number, transaction: Buffer): Buffer {
  const plain = plainAddress(address)
  const octets = isIPv4(plain) ? Buffer.from(plain.split('.').map(Number)) : octetsOf6(plain)
  const value = Buffer.alloc(4 + octets.length)
  value.writeUInt8(isIPv4(plain) ? 1 : 2, 1)
  value.writeUInt16BE(port ^ (MAGIC_COOKIE >>> 16), 2)
  for (const [at, octet] of octets.entries()) value.writeUInt8(octet ^ transaction.readUInt8(at), 4 + at)
  return attribute(XOR_MAPPED_ADDRESS, value)
}

/** 420 without a reason in words: that may be empty (section 14.8). */
function refusal(unknown: readonly number[]): readonly Buffer[] {
  const types = Buffer.alloc(2 * unknown.length)
  for (const [at, type] of unknown.entries()) types.writeUInt16BE(type, 2 * at)
  return [attribute(ERROR_CODE, Buffer.from([0, 0, 4, 20])), attribute(UNKNOWN_ATTRIBUTES, types)]
}

function fingerprintOf(octets: Buffer): number {
  return (crc32(octets) ^ FINGERPRINT_MASK) >>> 0
}

/** @param address as Node writes it: groups of hexadecimal digits, one gap, perhaps an IPv4 address at its end. */
function octetsOf6(address: string): Buffer {
  const hex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...four: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = four.slice(0, 4).map(Number)
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
  })
  const [before = '', after] = hex.split('::')
  const groupsOf = (text: string) => (text === '' ? [] : text.split(':'))
  const [left, right] = [groupsOf(before), groupsOf(after ?? '')]
  const gap = after === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0')
  return Buffer.from([...left, ...gap, ...right].map((group) => group.padStart(4, '0')).join(''), 'hex')
}
