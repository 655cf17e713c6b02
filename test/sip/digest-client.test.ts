import t from 'tap'
import { Secret } from '../../src/base/secret.ts'
import { authorize, type ClientChallenge, chooseChallenges, mayRetry } from '../../src/sip/digest-client.ts'
import { parseDigest } from '../../src/sip/digest-fields.ts'

const mufasa = { user: 'Mufasa', password: new Secret('Circle of Life') }
const NONCE = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v'
const CNONCE = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ'
const OPAQUE = 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS'
const offered = (algorithm: string) =>
  `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="${NONCE}", opaque="${OPAQUE}"`

function only(values: readonly string[]): ClientChallenge {
  const [chosen, ...rest] = chooseChallenges(values)
  if (chosen === undefined || rest.length > 0) throw new Error('not one challenge')
  return chosen
}

t.test('the credentials of RFC 7616 section 3.9.1', async (t) => {
  const rows = [
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ] as const
  for (const [algorithm, response] of rows) {
    const { value } = authorize(only([offered(algorithm)]), mufasa, { method: 'GET', uri: '/dir/index.html' }, CNONCE)
    t.strictSame(Object.fromEntries(parseDigest(value) ?? []), {
      username: 'Mufasa',
      realm: 'http-auth@example.org',
      uri: '/dir/index.html',
      algorithm,
      nonce: NONCE,
      nc: '00000001',
      cnonce: CNONCE,
      qop: 'auth',
      response,
      opaque: OPAQUE,
    })
    t.match(value, /qop=auth, nc=00000001,/, 'qop and count stand without quotes')
  }
})

t.test('choices', async (t) => {
  t.equal(only([offered('MD5'), offered('SHA-256')]).algorithm, 'SHA-256', 'the strongest, whatever the order')
  t.equal(only([offered('SHA-512-256'), offered('SHA-256'), offered('MD5')]).algorithm, 'SHA-512-256')
  t.equal(only([offered('SHA-999'), offered('MD5')]).algorithm, 'MD5', 'an unknown one is passed over')
  t.equal(only([offered('md5')]).algorithm, 'MD5', 'in small letters')
  t.strictSame(
    chooseChallenges([offered('SHA-999'), 'Basic realm="x"', 'Digest realm="x"', 'Digest realm="x', '']),
    [],
    'none that is usable',
  )
  t.strictSame(chooseChallenges([offered('MD5').replace('auth, auth-int', 'auth-conf')]), [], 'unknown protection')
  t.equal(only([offered('MD5').replace('auth, auth-int', 'auth-int')]).qop, 'auth-int')
  t.strictSame(
    chooseChallenges([offered('MD5'), offered('MD5').replace('example', 'other')]).map((row) => row.realm),
    ['http-auth@example.org', 'http-auth@other.org'],
    'one of each realm',
  )
})

t.test('the old kind without qop (RFC 2617 section 3.2.2.1)', async (t) => {
  const old = only(['Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'])
  const { value } = authorize(
    old,
    { user: 'Mufasa', password: new Secret('Circle Of Life') },
    { method: 'GET', uri: '/dir/index.html' },
    'x',
  )
  t.equal(parseDigest(value)?.get('response'), '670fd8c2df070c60b045671b8b24ff02')
  for (const absent of ['qop', 'nc', 'cnonce', 'algorithm', 'opaque']) t.notOk(parseDigest(value)?.has(absent), absent)
})

t.test('the session kind takes in the nonces, and auth-int the body', async (t) => {
  const responseTo = (challenge: string, body?: string) =>
    parseDigest(
      authorize(
        only([challenge]),
        mufasa,
        { method: 'INVITE', uri: 'sip:a', ...(body === undefined ? {} : { body }) },
        CNONCE,
      ).value,
    )
  t.equal(responseTo(offered('MD5-sess'))?.get('algorithm'), 'MD5-sess')
  t.not(responseTo(offered('MD5-sess'))?.get('response'), responseTo(offered('MD5'))?.get('response'))
  const whole = offered('MD5').replace('auth, auth-int', 'auth-int')
  t.not(responseTo(whole, 'one')?.get('response'), responseTo(whole, 'two')?.get('response'))
  t.equal(responseTo(whole, '')?.get('response'), responseTo(whole)?.get('response'), 'no body counts as an empty one')
})

t.test('uses are counted, and only a new nonce after a stale one is worth another try', async (t) => {
  const first = authorize(only([offered('MD5')]), mufasa, { method: 'INVITE', uri: 'sip:a' }, CNONCE)
  const second = authorize(first.challenge, mufasa, { method: 'BYE', uri: 'sip:a' }, CNONCE)
  t.equal(parseDigest(second.value)?.get('nc'), '00000002')
  const stale = only([`${offered('MD5').replace(NONCE, 'newer')}, stale=TRUE`])
  t.ok(mayRetry(first.challenge, stale))
  t.notOk(mayRetry(first.challenge, only([offered('MD5').replace(NONCE, 'newer')])), 'not stale: the password is wrong')
  t.notOk(mayRetry(first.challenge, only([`${offered('MD5')}, stale=true`])), 'the same nonce again')
})

t.test('a quote in a user name cannot break out', async (t) => {
  const { value } = authorize(
    only([offered('MD5')]),
    { ...mufasa, user: 'a", realm="b' },
    { method: 'GET', uri: '/' },
    CNONCE,
  )
  t.equal(parseDigest(value)?.get('username'), 'a", realm="b')
  t.equal(parseDigest(value)?.get('realm'), 'http-auth@example.org')
})
