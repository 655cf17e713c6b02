import fc from 'fast-check'
import t from 'tap'
import { type DigestAlgorithm, digestResponse, ha1Of, parseDigest, quoted } from '../../src/sip/digest-fields.ts'

t.test('vectors', async (t) => {
  const rfc7616 = {
    method: 'GET',
    uri: '/dir/index.html',
    nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
    counted: { qop: 'auth', nc: '00000001', cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ' },
  } as const
  const mufasa = (algorithm: DigestAlgorithm) => ha1Of(algorithm, 'Mufasa', 'http-auth@example.org', 'Circle of Life')
  const of = (algorithm: DigestAlgorithm) => digestResponse({ ...rfc7616, algorithm, ha1: mufasa(algorithm) })
  t.equal(of('MD5'), '8ca523f5e9506fed4657c9700eebdbec', 'RFC 7616 section 3.9.1, MD5')
  t.equal(
    of('SHA-256'),
    '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
    'RFC 7616 section 3.9.1, SHA-256',
  )
  const rfc2617 = {
    algorithm: 'MD5',
    ha1: ha1Of('MD5', 'Mufasa', 'testrealm@host.com', 'Circle Of Life'),
    method: 'GET',
    uri: '/dir/index.html',
    nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
  } as const
  const counted = { qop: 'auth', nc: '00000001', cnonce: '0a4f113b' } as const
  t.equal(digestResponse({ ...rfc2617, counted }), '6629fae49393a05397450978507c4ef1', 'RFC 2617 section 3.5')
  t.equal(
    digestResponse({ ...rfc2617, counted: undefined }),
    '670fd8c2df070c60b045671b8b24ff02',
    'without qop, as RFC 2069 had it',
  )
})

t.test('fields', async (t) => {
  const rows: readonly [name: string, value: string, fields: Record<string, string> | undefined][] = [
    ['quoted and plain', 'Digest realm="a", stale=true', { realm: 'a', stale: 'true' }],
    ['the scheme in any case, names too', 'dIGEST REALM="a"', { realm: 'a' }],
    ['escapes', 'Digest realm="a\\"b\\\\c"', { realm: 'a"b\\c' }],
    ['a comma in quotes', 'Digest qop="auth,auth-int",realm="x"', { qop: 'auth,auth-int', realm: 'x' }],
    ['spaces everywhere', 'Digest  realm = "a" ,  nonce = b ', { realm: 'a', nonce: 'b' }],
    ['a comma at the end', 'Digest realm="a",', { realm: 'a' }],
    ['nothing', 'Digest ', {}],
    ['an empty value', 'Digest realm=""', { realm: '' }],
    ['another scheme', 'Basic YTpi', undefined],
    ['a field twice', 'Digest realm="a", realm="b"', undefined],
    ['an open quote', 'Digest realm="a', undefined],
    ['no equals sign', 'Digest realm', undefined],
    ['two values in a row', 'Digest realm="a" "b"', undefined],
    ['too long', `Digest realm="${'a'.repeat(5000)}"`, undefined],
  ]
  for (const [name, value, fields] of rows) {
    const read = parseDigest(value)
    t.strictSame(read === undefined ? undefined : Object.fromEntries(read), fields, name)
  }
})

t.test('what was quoted reads back, and nothing throws', async (t) => {
  fc.assert(
    fc.property(
      fc.string(),
      (text) => parseDigest(`Digest realm=${quoted(text)}`)?.get('realm') === text || /[\n\r]/.test(text),
    ),
    { numRuns: 500 },
  )
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      parseDigest(`Digest ${text}`)
    }),
    { numRuns: 2000 },
  )
  const began = process.hrtime.bigint()
  for (const text of ['a="\\'.repeat(1000), ' '.repeat(4000), 'a= '.repeat(1300), `a="${'\\"'.repeat(2000)}`])
    parseDigest(`Digest ${text}`)
  t.ok(Number(process.hrtime.bigint() - began) / 1e6 < 200, 'hostile values are read quickly')
})
