import t from 'tap'
import { SRTP_SUITES } from '../../src/base/srtp-suites.ts'
import { type CryptoFlaw, readCrypto, writeCrypto } from '../../src/sip/sdes.ts'
import { octets, SEED, seeded } from '../rtp/seeded.ts'

/** RFC 4568 section 6.1: thirty octets. */
const KEY = 'd0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj'
const SUITE = 'AES_CM_128_HMAC_SHA1_80'

t.test('what is written is read, for every suite', async (t) => {
  const random = seeded(SEED)
  for (const [tag, { name, keySize, saltSize }] of SRTP_SUITES.entries()) {
    const master = octets(random, keySize + saltSize)
    const text = writeCrypto({ tag, suite: name, master })
    t.strictSame(readCrypto(text), { result: 'usable', line: { tag, suite: name, master, lifetime: undefined } })
    const bare = text.replace(/=+$/, '')
    t.equal(readCrypto(bare).result, 'usable', 'padding may be missing')
  }
})

t.test('lifetimes and parameters that change nothing', async (t) => {
  const rows: readonly (readonly [string, number | undefined])[] = [
    [`1 ${SUITE} inline:${KEY}`, undefined],
    [`1 ${SUITE} inline:${KEY}|2^20`, 2 ** 20],
    [`1 ${SUITE} inline:${KEY}|2^48`, 2 ** 48],
    [`999999999 ${SUITE} INLINE:${KEY}|1000`, 1000],
    [`0 ${SUITE} inline:${KEY} WSH=64`, undefined],
    [`1 ${SUITE} inline:${KEY} -SOMETHING=1 WSH=1024`, undefined],
  ]
  for (const [text, lifetime] of rows) {
    const read = readCrypto(text)
    t.match(read, { result: 'usable', line: { suite: SUITE } }, text.replace(KEY, 'KEY'))
    t.equal(read.result === 'usable' && read.line.lifetime, lifetime)
  }
})

t.test('sound lines that are not for us', async (t) => {
  const rows = [
    `1 F8_128_HMAC_SHA1_80 inline:${KEY}`,
    `1 NULL_HMAC_SHA1_80 inline:${KEY}`,
    `1 SOMETHING_NEW other:stuff`,
    `1 ${SUITE} inline:${KEY} UNENCRYPTED_SRTP`,
    `1 ${SUITE} inline:${KEY} UNENCRYPTED_SRTCP`,
    `1 ${SUITE} inline:${KEY} UNAUTHENTICATED_SRTP`,
    `1 ${SUITE} inline:${KEY} KDR=1`,
    `1 ${SUITE} inline:${KEY} FEC_ORDER=FEC_SRTP`,
    `1 ${SUITE} inline:${KEY} WSH=63`,
    `1 ${SUITE} inline:${KEY} SOMETHING`,
    `1 ${SUITE} inline:${KEY}|2^20|1:4`,
    `1 ${SUITE} inline:${KEY}|1:32`,
    `1 ${SUITE} inline:${KEY}|2^20|1:4;inline:${KEY}|2^20|2:4`,
  ]
  for (const text of rows) t.strictSame(readCrypto(text), { result: 'skipped' }, text.replaceAll(KEY, 'KEY'))
})

t.test('broken lines, each with its flaw and with nothing of the line', async (t) => {
  const rows: readonly (readonly [string, CryptoFlaw])[] = [
    ['', 'line'],
    [`1 ${SUITE}`, 'line'],
    [` 1 ${SUITE} inline:${KEY}`, 'line'],
    [`x ${SUITE} inline:${KEY}`, 'line'],
    [`-1 ${SUITE} inline:${KEY}`, 'line'],
    [`1 ${SUITE} inline:${KEY} `, 'line'],
    [`01 ${SUITE} inline:${KEY}`, 'tag'],
    [`1234567890 ${SUITE} inline:${KEY}`, 'tag'],
    [`1 ${SUITE} uri:${KEY}`, 'method'],
    [`1 ${SUITE} inline:${KEY};${KEY}`, 'method'],
    [`1 ${SUITE} inline:`, 'key'],
    [`1 ${SUITE} inline:|2^20`, 'key'],
    [`1 ${SUITE} inline:${KEY.slice(1)}`, 'key'],
    [`1 ${SUITE} inline:${KEY.slice(4)}`, 'key-length'],
    [`1 ${SUITE} inline:${KEY}AAAA`, 'key-length'],
    [`1 AEAD_AES_128_GCM inline:${KEY}`, 'key-length'],
    [`1 ${SUITE} inline:${KEY.replace('d', '-')}`, 'key'],
    [`1 ${SUITE} inline:${KEY}=`, 'key'],
    [`1 ${SUITE} inline:${KEY}|0`, 'lifetime'],
    [`1 ${SUITE} inline:${KEY}|2^0`, 'lifetime'],
    [`1 ${SUITE} inline:${KEY}|2^49`, 'lifetime'],
    [`1 ${SUITE} inline:${KEY}|3^2`, 'lifetime'],
    [`1 ${SUITE} inline:${KEY}|`, 'lifetime'],
    [`1 ${SUITE} inline:${KEY}|2^20|2^20`, 'lifetime'],
    [`1 ${SUITE} inline:${KEY}|0:4`, 'index'],
    [`1 ${SUITE} inline:${KEY}|1:0`, 'index'],
    [`1 ${SUITE} inline:${KEY}|1:129`, 'index'],
    [`1 ${SUITE} inline:${KEY}|1:`, 'index'],
    [`1 ${SUITE} inline:${KEY}|2^20|1:4|x`, 'key'],
    [`1 ${SUITE} inline:${KEY} =1`, 'parameter'],
    [`1 ${SUITE} inline:${KEY} WSH=`, 'parameter'],
  ]
  for (const [text, flaw] of rows) {
    t.strictSame(readCrypto(text), { result: 'broken', flaw }, text.replaceAll(KEY, 'KEY'))
  }
})

t.test('a line cut anywhere is never read as another key', async (t) => {
  const whole = `1 ${SUITE} inline:${KEY}|2^20`
  for (let length = 0; length < whole.length; length++) {
    const read = readCrypto(whole.slice(0, length))
    if (read.result === 'usable') t.equal(Buffer.from(read.line.master).toString('base64'), KEY, `${length}`)
    else t.ok(length <= whole.length - '|2^20'.length + 3, `${length} is refused`)
  }
})
