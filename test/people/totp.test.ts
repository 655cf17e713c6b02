import t from 'tap'
import { base32, codeOf, otpauthUri, STEP_MS, stepOf } from '../../src/people/totp.ts'

/** RFC 6238 appendix B: the keys are the digits, repeated as long as the hash. */
const KEY = (octets: number) => Buffer.from('1234567890'.repeat(7).slice(0, octets))
const VECTORS = [
  [59, '94287082', '46119246', '90693936'],
  [1111111109, '07081804', '68084774', '25091201'],
  [1111111111, '14050471', '67062674', '99943326'],
  [1234567890, '89005924', '91819424', '93441116'],
  [2000000000, '69279037', '90698825', '38618901'],
  [20000000000, '65353130', '77737706', '47863826'],
] as const

t.test('the test vectors of RFC 6238', async (t) => {
  for (const [seconds, sha1, sha256, sha512] of VECTORS) {
    const step = Math.floor(seconds / 30)
    t.equal(codeOf(KEY(20), step, 8, 'sha1'), sha1, `${seconds} SHA-1`)
    t.equal(codeOf(KEY(32), step, 8, 'sha256'), sha256, `${seconds} SHA-256`)
    t.equal(codeOf(KEY(64), step, 8, 'sha512'), sha512, `${seconds} SHA-512`)
  }
})

/** RFC 4226 appendix D. */
t.test('the test vectors of RFC 4226', async (t) => {
  const codes = ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489']
  t.same(
    codes.map((_, count) => codeOf(KEY(20), count)),
    codes,
  )
})

t.test('a code is taken one step early or late, and no step twice', async (t) => {
  const secret = KEY(20)
  const at = 1000
  const nowMs = at * STEP_MS + 15_000
  for (const [step, found] of [
    [at - 2, undefined],
    [at - 1, at - 1],
    [at, at],
    [at + 1, at + 1],
    [at + 2, undefined],
  ] as const) {
    t.equal(stepOf(secret, codeOf(secret, step), nowMs, 0), found, String(step - at))
  }
  t.equal(stepOf(secret, codeOf(secret, at), nowMs, at), undefined, 'used')
  t.equal(stepOf(secret, codeOf(secret, at - 1), nowMs, at), undefined, 'older than the one used')
  t.equal(stepOf(secret, codeOf(secret, at + 1), nowMs, at), at + 1)
  const spaced = codeOf(secret, at).replace(/^.../, '$& ')
  t.equal(stepOf(secret, spaced, nowMs, 0), at, 'as programs show it')
  for (const wrong of ['', '12345', '1234567', 'abcdef', '１２３４５６'])
    t.equal(stepOf(secret, wrong, nowMs, 0), undefined, wrong)
})

/** RFC 4648 section 10. */
t.test('base 32, and what is drawn as a QR code', async (t) => {
  for (const [plain, coded] of [
    ['', ''],
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foob', 'MZXW6YQ'],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI'],
  ] as const) {
    t.equal(base32(Buffer.from(plain)), coded)
  }
  t.equal(
    otpauthUri(KEY(20), 'Sotto at desk', 'ann smith'),
    'otpauth://totp/Sotto%20at%20desk:ann%20smith?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Sotto%20at%20desk&algorithm=SHA1&digits=6&period=30',
  )
})
