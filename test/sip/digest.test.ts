import t from 'tap'
import { Secret } from '../../src/base/secret.ts'
import {
  challenge,
  countUse,
  type DigestAccount,
  type DigestRealm,
  type NonceWindow,
  verify,
} from '../../src/sip/digest.ts'
import { authorize, chooseChallenges } from '../../src/sip/digest-client.ts'
import { ha1Of, parseDigest } from '../../src/sip/digest-fields.ts'

const URI = 'sip:sotto.example.com'
const T0 = 5_000_000
const SALT = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8])

const accounts: Readonly<Record<string, DigestAccount>> = {
  alice: { password: new Secret('wonderland') },
  bob: { ha1Sha256: new Secret(ha1Of('SHA-256', 'bob', 'sotto', 'builder')), ha1Md5: undefined },
  carol: { ha1Sha256: undefined, ha1Md5: new Secret(ha1Of('MD5', 'carol', 'sotto', 'carols').toUpperCase()) },
}
const realm: DigestRealm = {
  realm: 'sotto',
  nonceKey: new Uint8Array(32).fill(7),
  nonceLifeMs: 300_000,
  accountOf: (user) => (Object.hasOwn(accounts, user) ? accounts[user] : undefined),
}
const fresh = () => undefined

/** A phone that answers our challenge. */
function credentials(
  user: string,
  password: string,
  choose: 'SHA-256' | 'MD5' = 'SHA-256',
  uri = URI,
  of = challenge(realm, T0, SALT),
) {
  const [chosen] = chooseChallenges(of.filter((value) => value.includes(`algorithm=${choose},`)))
  if (chosen === undefined) throw new Error('no challenge')
  return authorize(chosen, { user, password: new Secret(password) }, { method: 'REGISTER', uri }, 'c0ffee').value
}

function verdictOf(value: string, nowMs = T0, windowOf: (nonce: string) => NonceWindow | undefined = fresh) {
  return verify(realm, { method: 'REGISTER', uri: URI, credentials: [value] }, windowOf, nowMs).verdict
}

t.test('challenges: SHA-256 above MD5 (RFC 8760 section 2.3)', async (t) => {
  const values = challenge(realm, T0, SALT)
  t.strictSame(
    values.map((value) => parseDigest(value)?.get('algorithm')),
    ['SHA-256', 'MD5'],
  )
  for (const value of values) {
    const fields = parseDigest(value)
    t.equal(fields?.get('realm'), 'sotto')
    t.equal(fields?.get('qop'), 'auth')
    t.match(fields?.get('opaque'), /^[0-9a-f]{16}$/)
    t.notOk(fields?.has('stale'))
  }
  t.match(challenge(realm, T0, SALT, true), [/, stale=true$/, /, stale=true$/])
  t.not(challenge(realm, T0, SALT)[0], challenge(realm, T0, new Uint8Array(8))[0], 'another salt, another nonce')
})

t.test('a realm of MD5 alone, for phones that give up at any other algorithm, and one that takes no MD5', async (t) => {
  const offers = (only: DigestRealm) => challenge(only, T0, SALT).map((value) => parseDigest(value)?.get('algorithm'))
  const judged = (only: DigestRealm, algorithm: 'SHA-256' | 'MD5') =>
    verify(
      only,
      { method: 'REGISTER', uri: URI, credentials: [credentials('alice', 'wonderland', algorithm)] },
      fresh,
      T0,
    ).verdict
  const old: DigestRealm = { ...realm, algorithms: ['MD5'] }
  t.strictSame(offers(old), ['MD5'])
  t.equal(judged(old, 'MD5'), 'proved')
  t.equal(judged(old, 'SHA-256'), 'malformed')
  const strict: DigestRealm = { ...realm, algorithms: ['SHA-256'] }
  t.strictSame(offers(strict), ['SHA-256'])
  t.equal(judged(strict, 'SHA-256'), 'proved')
  t.equal(judged(strict, 'MD5'), 'malformed', 'what was not offered is not taken')
})

t.test('proofs', async (t) => {
  t.equal(verdictOf(credentials('alice', 'wonderland')), 'proved', 'by password, SHA-256')
  t.equal(verdictOf(credentials('alice', 'wonderland', 'MD5')), 'proved', 'by password, MD5')
  t.equal(verdictOf(credentials('bob', 'builder')), 'proved', 'by stored hash')
  t.equal(verdictOf(credentials('carol', 'carols', 'MD5')), 'proved', 'by stored hash in capitals')
  t.equal(
    verdictOf(credentials('alice', 'wonderland', 'MD5').replace('algorithm=MD5, ', '')),
    'proved',
    'no algorithm means MD5',
  )
  t.equal(
    verdictOf(credentials('alice', 'wonderland', 'SHA-256', `${URI}:5060;transport=udp`)),
    'proved',
    'port and parameters may differ',
  )
})

t.test('refusals', async (t) => {
  t.equal(verdictOf(credentials('alice', 'Wonderland')), 'wrong', 'wrong password')
  t.equal(verdictOf(credentials('mallory', 'wonderland')), 'wrong', 'unknown account')
  t.equal(verdictOf(credentials('mallory', 'nobody')), 'wrong', 'unknown account, with what is hashed in its place')
  t.equal(verdictOf(credentials('bob', 'builder', 'MD5')), 'wrong', 'no hash for this algorithm')
  t.equal(
    verdictOf(credentials('bob', 'nobody', 'MD5')),
    'wrong',
    'no hash for this algorithm, with what is hashed in its place',
  )
  t.equal(verdictOf(credentials('__proto__', 'nobody')), 'wrong', 'a name of the language')
  t.equal(
    verdictOf(credentials('alice', 'wonderland', 'SHA-256', 'sip:elsewhere.example.com')),
    'wrong',
    'for another host',
  )
  t.equal(
    verdictOf(credentials('alice', 'wonderland', 'SHA-256', 'sip:00442079460000@sotto.example.com')),
    'wrong',
    'for another number',
  )
  t.equal(
    verify(realm, { method: 'INVITE', uri: URI, credentials: [credentials('alice', 'wonderland')] }, fresh, T0).verdict,
    'wrong',
    'for another method',
  )
  t.equal(
    verdictOf(credentials('alice', 'wonderland').replace('sotto', 'other')),
    'missing',
    'another realm is not for us',
  )
  t.equal(verdictOf('Basic YWxpY2U6d29uZGVybGFuZA=='), 'missing', 'another scheme is not for us')
  t.equal(verify(realm, { method: 'REGISTER', uri: URI, credentials: [] }, fresh, T0).verdict, 'missing')
  const good = credentials('alice', 'wonderland')
  const malformed: readonly [string, string][] = [
    ['no qop', good.replace('qop=auth, ', '')],
    ['auth-int', good.replace('qop=auth', 'qop=auth-int')],
    ['an algorithm we did not offer', good.replace('SHA-256', 'SHA-512-256')],
    ['the session kind', good.replace('SHA-256', 'SHA-256-sess')],
    ['a count of 7 digits', good.replace('00000001', '0000001')],
    ['no user', good.replace('"alice"', '""')],
  ]
  for (const [name, value] of malformed) t.equal(verdictOf(value), 'malformed', name)
  const ours = verify(
    realm,
    { method: 'REGISTER', uri: URI, credentials: [good.replace('sotto', 'other'), good] },
    fresh,
    T0,
  )
  t.equal(ours.verdict, 'proved', 'credentials for others may stand beside ours')
})

t.test('nonces', async (t) => {
  const good = credentials('alice', 'wonderland')
  t.equal(verdictOf(good, T0 + 300_000), 'proved', 'at the end of its life')
  t.equal(verdictOf(good, T0 + 300_001), 'stale', 'after it')
  t.equal(verdictOf(good, T0 - 1), 'stale', 'from the future')
  t.equal(
    verdictOf(credentials('alice', 'Wonderland'), T0 + 300_001),
    'wrong',
    'stale is said only to who has the password',
  )
  const forged = challenge({ ...realm, nonceKey: new Uint8Array(32) }, T0, SALT)
  t.equal(
    verdictOf(credentials('alice', 'wonderland', 'SHA-256', URI, forged)),
    'stale',
    'a nonce that is not ours, as after a restart',
  )
  const made = challenge(realm, T0, SALT).map((value) =>
    value.replace(/nonce="[^"]*"/, 'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'),
  )
  t.equal(verdictOf(credentials('alice', 'wonderland', 'SHA-256', URI, made)), 'stale', 'a nonce of another shape')
  const proved = verify(realm, { method: 'REGISTER', uri: URI, credentials: [good] }, fresh, T0)
  if (proved.verdict !== 'proved') throw new Error(proved.verdict)
  t.equal(proved.user, 'alice')
  t.equal(proved.expiresAtMs, T0 + 300_000)
  t.equal(
    verdictOf(good, T0, (nonce) => (nonce === proved.nonce ? proved.window : undefined)),
    'stale',
    'the same credentials again',
  )
})

t.test('counts may overtake each other by less than 32, and none is taken twice', async (t) => {
  let window: NonceWindow | undefined
  const use = (nc: number) => {
    const next = countUse(window, nc)
    window = next ?? window
    return next !== undefined
  }
  t.ok(use(5))
  t.notOk(use(5))
  t.ok(use(3))
  t.notOk(use(3))
  t.ok(use(6))
  t.notOk(use(5))
  t.ok(use(37))
  t.notOk(use(6), 'at the old end, used')
  t.notOk(use(5), 'too old to know')
  t.ok(use(7))
  t.ok(use(36))
  t.ok(use(1000))
  t.ok(use(969))
  t.notOk(use(968))
  t.notOk(use(0))
  t.notOk(use(Number.NaN))
})

t.test('an unknown account takes as long as a known one', async (t) => {
  const known = credentials('alice', 'wrong password')
  const unknown = credentials('mallory', 'wrong password')
  const took: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] }
  for (let round = 0; round < 600; round++) {
    for (const [name, value] of [
      ['known', known],
      ['unknown', unknown],
    ] as const) {
      const began = process.hrtime.bigint()
      verdictOf(value)
      took[name].push(Number(process.hrtime.bigint() - began))
    }
  }
  const median = (all: number[]) => all.sort((a, b) => a - b)[300] ?? 0
  const ratio = median(took.known) / median(took.unknown)
  t.ok(ratio > 0.6 && ratio < 1.6, `ratio of the medians ${ratio.toFixed(2)}`)
})
