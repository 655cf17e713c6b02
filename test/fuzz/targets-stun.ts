/** The fuzzed reader of STUN on the port of SIP (RFC 8489): mutated requests, and the same with their length and fingerprint made right again. */

import { crc32 } from 'node:zlib'
import { answerStun, isStun } from '../../src/sip/stun.ts'
import { holds, type Target } from './target.ts'

const HEADER = 20
const FINGERPRINT = 8
/** IPv6, and eight octets for a fingerprint (`stun.ts`). */
const MOST_MORE = 24 + 8
const ADDRESSES = ['192.0.2.1', '2001:db8::1', '::ffff:192.0.2.1'] as const

const request = (attributes = '', type = '0001') =>
  Buffer.from(`${type}${(attributes.length / 2).toString(16).padStart(4, '0')}2112a442b7e7a701bc34d686fa87dfae${attributes}`, 'hex') // biome-ignore format: one call

function checkAnswer(octets: Buffer): void {
  if (!isStun(octets)) return
  for (const [at, address] of ADDRESSES.entries()) {
    const answer = answerStun(octets, address, 5060 + at)
    if (answer === undefined) continue
    holds(octets.readUInt16BE(0) === 1, 'only a Binding request is answered')
    holds(isStun(answer), 'an answer is STUN')
    holds(answer.length <= octets.length + MOST_MORE, 'an answer is hardly longer than what was asked')
    holds(answer.subarray(4, HEADER).equals(octets.subarray(4, HEADER)), 'of the same transaction')
    holds(answerStun(answer, address, 5060) === undefined, 'and not answered itself')
  }
}

/** As whoever knows the rules would write it, whatever stands in it. */
function madeRight(octets: Buffer, hasFingerprint: boolean): Buffer {
  const body = octets.subarray(HEADER, HEADER + ((octets.length - HEADER) & ~3))
  const whole = Buffer.concat([octets.subarray(0, HEADER), body, Buffer.alloc(hasFingerprint ? FINGERPRINT : 0)])
  whole.writeUInt8(whole.readUInt8(0) & 0x3f, 0)
  whole.writeUInt16BE((whole.length - HEADER) & 0xffff, 2)
  whole.writeUInt32BE(0x2112a442, 4)
  if (!hasFingerprint) return whole
  const at = whole.length - FINGERPRINT
  whole.writeUInt32BE(0x80280004, at)
  whole.writeUInt32BE((crc32(whole.subarray(0, at)) ^ 0x5354554e) >>> 0, at + 4)
  return whole
}

export const stunTarget: Target = {
  name: 'stun',
  seeds: [
    request(),
    request('80280004fdf6ae02'),
    request('0003000400000006'),
    request('80220005746573742100000000060003616263000024000400000001'),
    request('0020000800010000c0000201', '0101'),
    request('0009000400000414000a000200030000', '0111'),
  ],
  check: (octets) => {
    checkAnswer(octets)
    if (octets.length < HEADER) return
    for (const hasFingerprint of [false, true]) checkAnswer(madeRight(octets, hasFingerprint))
  },
}
