/** SRTP against published numbers: RFC 3711 appendix B, RFC 6188 section 7, RFC 7714 sections 16 and 17, and the reference packet of libsrtp. */

import { createCipheriv, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { type SrtpSuiteName, srtpSuite } from '../../src/base/srtp-suites.ts'
import { AesCounter } from '../../src/rtp/aes-counter.ts'
import { HmacSha1 } from '../../src/rtp/hmac-sha1.ts'
import { SrtcpContext } from '../../src/rtp/srtcp.ts'
import { MALFORMED, SrtpContext } from '../../src/rtp/srtp.ts'
import { sessionKeys } from '../../src/rtp/srtp-keys.ts'
import { transformOf } from '../../src/rtp/srtp-transform.ts'
import { octets, SEED, seeded } from './seeded.ts'

type Vector = Readonly<Record<string, string | number>>
const vectors: readonly Vector[] = JSON.parse(
  readFileSync(new URL('../fixtures/srtp/vectors.json', import.meta.url), 'utf8'),
)

const octetsOf = (hex: string | number | undefined) => Uint8Array.from(Buffer.from(String(hex), 'hex'))
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const having = (name: string) => vectors.filter((row) => row[name] !== undefined)

t.test('the key stream of AES in counter mode', async (t) => {
  const rows = having('keystream_blocks_0_2')
  t.equal(rows.length, 2)
  for (const row of rows) {
    const cipher = new AesCounter(octetsOf(row['session_key']))
    const stream = new Uint8Array(48)
    cipher.apply(stream, 0, 48, octetsOf(row['iv']))
    t.equal(hexOf(stream), row['keystream_blocks_0_2'], String(row['rfc']))
    const part = new Uint8Array(48)
    cipher.apply(part, 3, 20, octetsOf(row['iv']))
    t.strictSame(part.subarray(3, 20), stream.subarray(0, 17), 'it begins where the part begins')
    t.ok(
      [...part.subarray(0, 3), ...part.subarray(20)].every((octet) => octet === 0),
      'and touches nothing else',
    )
    cipher.wipe()
    t.throws(() => cipher.apply(part, 0, 16, octetsOf(row['iv'])), 'a wiped one is no cipher any more')
  }
})

t.test('session keys', async (t) => {
  const rows = having('srtp_cipher_key')
  t.equal(rows.length, 2)
  for (const row of rows) {
    const master = octetsOf(`${row['master_key']}${row['master_salt']}`)
    const suite = srtpSuite(master.length === 30 ? 'AES_CM_128_HMAC_SHA1_80' : 'AES_256_CM_HMAC_SHA1_80')
    const rtp = sessionKeys(suite, master, 'rtp')
    t.equal(hexOf(rtp.encryption), row['srtp_cipher_key'])
    t.equal(hexOf(rtp.salt), row['srtp_salt'])
    t.equal(hexOf(rtp.authentication), String(row['srtp_auth_key_94_octets'] ?? row['srtp_auth_key_20']).slice(0, 40))
    if (row['srtcp_cipher_key'] === undefined) continue
    const rtcp = sessionKeys(suite, master, 'rtcp')
    t.equal(hexOf(rtcp.encryption), row['srtcp_cipher_key'])
    t.equal(hexOf(rtcp.salt), row['srtcp_salt'])
    t.equal(hexOf(rtcp.authentication), row['srtcp_auth_key_20'])
  }
  t.throws(() => sessionKeys(srtpSuite('AEAD_AES_128_GCM'), new Uint8Array(30), 'rtp'), RangeError)
})

t.test('HMAC-SHA1 is that of OpenSSL at every length', async (t) => {
  const random = seeded(SEED)
  for (let length = 0; length < 200; length++) {
    const key = octets(random, 20)
    const message = octets(random, length)
    const hmac = new HmacSha1(key)
    const expected = (...parts: Uint8Array[]) =>
      parts.reduce((made, part) => made.update(part), createHmac('sha1', key)).digest('hex')
    t.equal(hexOf(hmac.tag(message, length)), expected(message), `${length}`)
    t.equal(hexOf(hmac.tag(message, length, 0xfedcba98)), expected(message, octetsOf('fedcba98')), `${length} and 4`)
  }
})

t.test('packets of a master key', async (t) => {
  const rows = having('srtp').filter((row) => row['master_key'] !== undefined)
  t.equal(rows.length, 4)
  for (const row of rows) {
    const master = octetsOf(`${row['master_key']}${row['master_salt']}`)
    const [plain, sealed] = [octetsOf(row['rtp']), octetsOf(row['srtp'])]
    const ssrc = Buffer.from(plain).readUInt32BE(8)
    const index = Number(row['roc']) * 65_536 + Buffer.from(plain).readUInt16BE(2)
    // The packet before, so that the counter is what it was.
    const before = Number(row['roc']) === 0 ? [] : [{ ssrc, index: index - 1, recent: 1, older: 0 }]
    const make = () => new SrtpContext(row['suite'] as SrtpSuiteName, master, before)
    const packet = new Uint8Array(sealed.length)
    packet.set(plain)
    t.equal(make().protect(packet, plain.length), sealed.length)
    t.equal(hexOf(packet), hexOf(sealed), `${row['suite']}, counter ${row['roc']}`)
    t.equal(make().open(packet, packet.length), plain.length)
    t.equal(hexOf(packet.subarray(0, plain.length)), hexOf(plain))
  }
})

const sessionOf = (key: Uint8Array) => ({
  encryption: Uint8Array.from(key),
  authentication: new Uint8Array(20),
  salt: octetsOf('517569642070726f2071756f'),
})

t.test('packets of a session key, RFC 7714 section 16', async (t) => {
  const rows = having('session_salt')
  t.equal(rows.length, 2)
  for (const row of rows) {
    const suite = srtpSuite(row['suite'] as SrtpSuiteName)
    const transform = transformOf(suite, sessionOf(octetsOf(row['session_key'])), suite.tagSize)
    const [plain, sealed] = [octetsOf(row['rtp']), octetsOf(row['srtp'])]
    const packet = new Uint8Array(sealed.length)
    packet.set(plain)
    transform.seal(packet, 12, plain.length, 0x5501a0b2, 0xf17b)
    t.equal(hexOf(packet), hexOf(sealed), suite.name)
    t.equal(transform.open(packet, 12, plain.length, 0x5501a0b2, 0xf17b), true)
    t.equal(hexOf(packet.subarray(0, plain.length)), hexOf(plain))
  }
})

const REPORT =
  '81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef'
const KEY = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'

const reports = [
  [
    'AEAD_AES_128_GCM',
    'RFC 7714 section 17.1',
    '81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4',
  ],
  [
    'AEAD_AES_256_GCM',
    'RFC 7714 section 17.2',
    '81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b6fad1d1eb30c4446839f57ff6f6cb26ac3be800005d4',
  ],
] as const
for (const [name, says, sealed] of reports) {
  t.test(`a report of a session key, ${says}`, async (t) => {
    const suite = srtpSuite(name)
    const transform = transformOf(suite, sessionOf(octetsOf(KEY).slice(0, suite.keySize)), suite.rtcpTagSize)
    const plain = octetsOf(REPORT)
    const packet = new Uint8Array(plain.length + 20)
    packet.set(plain)
    transform.seal(packet, 8, plain.length, 0x4d617273, 0x5d4, 0x800005d4)
    t.equal(hexOf(packet), sealed)
    t.equal(transform.open(packet, 8, plain.length, 0x4d617273, 0x5d4, 0x800005d4), true)
    t.equal(hexOf(packet.subarray(0, plain.length)), hexOf(plain))
  })
}

t.test(
  'a report that is tagged and not encrypted, RFC 7714 sections 17.3 and 17.4, is refused as it stands',
  async (t) => {
    for (const suite of ['AEAD_AES_128_GCM', 'AEAD_AES_256_GCM'] as const) {
      const { keySize, saltSize } = srtpSuite(suite)
      const cipher = createCipheriv(
        keySize === 16 ? 'aes-128-gcm' : 'aes-256-gcm',
        octetsOf(KEY).slice(0, keySize),
        octetsOf('517524055203726f207170bb'),
      )
      cipher.setAAD(octetsOf(`${REPORT}000005d4`))
      cipher.final()
      const packet = octetsOf(`${REPORT}${cipher.getAuthTag().toString('hex')}000005d4`)
      if (keySize === 16)
        t.match(hexOf(packet), /841dd9683dd78ec92ae58790125f62b3000005d4$/, 'the vector of section 17.3')
      const before = hexOf(packet)
      t.equal(new SrtcpContext(suite, new Uint8Array(keySize + saltSize)).open(packet, packet.length), MALFORMED)
      t.equal(hexOf(packet), before)
    }
  },
)
