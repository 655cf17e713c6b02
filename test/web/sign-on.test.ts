import t from 'tap'
import { ADDRESS, PASSWORD, standing } from '../people/crew.ts'
import { oneTimeCode } from '../people/one-time-code.ts'
import { checkedServer } from './checked-server.ts'
import { ANN, claim, header, signOnBench } from './sign-on-bench.ts'
import { webBench } from './web-bench.ts'

t.test(
  'who is in the directory logs in with the account of the company, and is back at the page that was asked for',
  async (t) => {
    const b = await signOnBench(t)
    const ways = await b.browser.ask('GET', `${b.own}/api/v1/login`)
    t.strictSame(JSON.parse(ways.text), {
      ways: [
        { way: 'password' },
        { way: 'openid-connect', displayName: 'Example Corp', begin: '/login/openid-connect' },
      ],
      needsCode: false,
    })
    const page = await b.browser.go(`${b.begin}?returnTo=${encodeURIComponent('/api/v1/me?from=1&to=2')}`)
    t.equal(page.url.href, `${b.own}/api/v1/me?from=1&to=2`)
    t.match(
      JSON.parse(page.text),
      { name: 'ann', role: 'agent', mustDo: 'nothing' },
      'with a cookie for our pages alone',
    )
    t.same(b.browser.cookies(b.own), ['__Host-sotto Strict'], 'and nothing of the way is left')
    t.match(b.noted, [
      { type: 'log-in', succeeded: 'yes', user: 'user-ann', by: 'login', resource: '/login/openid-connect/back' },
    ])
    b.as({ ...ANN, claims: { preferred_username: 'ann.married' } })
    t.match(JSON.parse((await b.browser.go(`${b.begin}?returnTo=/api/v1/me`)).text), { name: 'ann' }, 'by his subject')
    t.equal((await b.browser.ask('POST', `${b.own}/api/v1/logout`)).status, 204)
    t.match(await b.me(), { code: 'web.unauthorized' })
  },
)

t.test('nobody is led to another site, nor logged in by one', async (t) => {
  const b = await signOnBench(t)
  for (const elsewhere of [
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
    '/a\nb',
  ]) {
    const page = await b.browser.go(`${b.begin}?returnTo=${encodeURIComponent(elsewhere)}`)
    t.equal(page.url.href, `${b.own}/`, elsewhere)
  }
  const linked = await b.browser.comeFromElsewhere(b.begin)
  t.equal(linked.status, 403)
  t.match(linked.text, 'web.cross-site')
  const stranger = await signOnBench(t)
  const code = await stranger.browser.goUntil(stranger.begin, stranger.back)
  const planted = await b.browser.comeFromElsewhere(`${b.back}${code.slice(stranger.back.length)}`)
  t.match(planted.text, 'people.sign-on-stale', 'a code of somebody else, without a log-in that was begun')
  await b.browser.goUntil(b.begin, b.back)
  t.match(
    (await b.browser.comeFromElsewhere(`${b.back}${code.slice(stranger.back.length)}`)).text,
    'people.sign-on-failed',
  )
})

t.test('what comes back must be what was asked for, once, and in time', async (t) => {
  const b = await signOnBench(t)
  const refused = async (address: string, code: string, says: string) => {
    const page = await b.browser.comeFromElsewhere(address)
    t.match(page, { status: 400, headers: { 'content-type': 'text/html; charset=utf-8' } }, says)
    t.match(page.text, `<code>${code}</code>`, says)
  }
  const fresh = () => b.browser.goUntil(b.begin, b.back)
  const good = new URL(await fresh())
  for (const [name, value] of [
    ['state', 'another'],
    ['code', 'guessed'],
    ['iss', 'https://evil.example'],
  ] as const) {
    const changed = new URL(name === 'state' ? good : await fresh())
    changed.searchParams.set(name, value)
    await refused(changed.href, 'people.sign-on-failed', name)
  }
  const once = await fresh()
  const ticket = b.browser.cookies(b.own)
  t.same(ticket, ['__Host-sotto-sign-on Lax'])
  t.equal((await b.browser.comeFromElsewhere(`${once}`)).url.href, `${b.own}/`)
  await refused(once, 'people.sign-on-stale', 'again, with the cookie gone')
  const late = await fresh()
  b.go(600_000)
  await refused(late, 'people.sign-on-stale', 'ten minutes later')
  b.go(60_000)
  t.match(b.noted.filter(({ succeeded }) => succeeded === 'no').at(0), {
    type: 'log-in',
    user: '',
    fault: 'people.sign-on-failed',
  })
})

t.test('a code that was redeemed is redeemed no more, whoever kept the cookie', async (t) => {
  const b = await signOnBench(t)
  const once = await b.browser.goUntil(b.begin, b.back)
  const held = b.browser.held(b.own)
  await b.browser.comeFromElsewhere(once)
  const again = await b.browser.comeFromElsewhere(once, held)
  t.match(again.text, 'people.sign-on-failed')
})

t.test('an ID token that is not right in everything logs nobody in', async (t) => {
  const b = await signOnBench(t)
  const rows = [
    ['a wrong nonce', claim('nonce', 'another')],
    ['no nonce', claim('nonce', undefined)],
    ['a wrong audience', claim('aud', 'another-client')],
    ['a wrong issuer', claim('iss', 'https://evil.example')],
    ['expired', claim('exp', Math.floor(Date.now() / 1000) - 3600)],
    ['alg: none', header('alg', 'none')],
    ["a key that is not the provider's", header('kid', 'key-9')],
  ] as const
  for (const [says, spoil] of rows) {
    b.provider.spoil = spoil
    const page = await b.browser.go(b.begin)
    t.equal(page.status, 400, says)
    t.match(page.text, 'people.sign-on-failed', says)
    t.match(await b.me(), { code: 'web.unauthorized' }, says)
  }
  b.provider.spoil = () => undefined
  t.equal((await b.browser.go(b.begin)).url.href, `${b.own}/`, 'signed by the same hand, and not spoilt')
  await b.provider.rotate()
  b.provider.spoil = undefined
  await b.browser.ask('POST', `${b.own}/api/v1/logout`)
  t.match(
    JSON.parse((await b.browser.go(`${b.begin}?returnTo=/api/v1/me`)).text),
    { name: 'ann' },
    'its key was changed',
  )
})

t.test(
  'who is not in the directory, or is disabled there, is sent away, and so is who has a name of another',
  async (t) => {
    const b = await signOnBench(t)
    const sentAway = async (says: string) => {
      const page = await b.browser.go(b.begin)
      t.equal(page.status, 403, says)
      t.match(page.text, 'people.not-admitted', says)
    }
    b.as({ subject: 'subject-2', claims: { preferred_username: 'nobody' } })
    await sentAway('unknown')
    b.as({ subject: 'subject-3', claims: { preferred_username: 'sue' } })
    b.users.set('user-sue', standing('sue', { disabled: true }))
    await sentAway('disabled')
    t.match(b.noted.at(-1), { user: 'user-sue', succeeded: 'no', fault: 'people.not-admitted' })
    b.as(ANN)
    await b.browser.go(b.begin)
    b.as({ ...ANN, subject: 'subject-4' })
    await sentAway('the name was given to somebody else')
    await b.people.untie('user-ann')
    t.equal((await b.browser.go(b.begin)).url.href, `${b.own}/`, 'until an administrator unties it')
    t.same(b.put, [])
  },
)

t.test('unknown users are made where the configuration says so, and administrators by a claim', async (t) => {
  const b = await signOnBench(t, {
    unknownUsers: 'create',
    administrators: { claim: 'groups', value: 'sotto-admins' },
    requires: { claim: 'groups', value: 'staff' },
  })
  const withGroups = (...groups: string[]) => ({
    subject: 'subject-7',
    claims: { preferred_username: 'new.one', name: 'New 4111111111111111', groups },
  })
  b.as(withGroups('guests'))
  t.match((await b.browser.go(b.begin)).text, 'people.not-admitted')
  b.as(withGroups('staff'))
  t.match(JSON.parse((await b.browser.go(`${b.begin}?returnTo=/api/v1/me`)).text), { name: 'new.one', role: 'agent' })
  t.same(b.put, ['{"name":"new.one","displayName":"","administrator":false}'], 'without what looks like a card number')
  b.as(withGroups('staff', 'sotto-admins'))
  t.match(JSON.parse((await b.browser.go(`${b.begin}?returnTo=/api/v1/me`)).text), { role: 'administrator' })
  b.as(withGroups('staff'))
  t.match(JSON.parse((await b.browser.go(`${b.begin}?returnTo=/api/v1/me`)).text), { role: 'agent' })
})

t.test('our second factor is asked for unless the provider has asked for one', async (t) => {
  const b = await signOnBench(t, {}, ['agent'])
  const logIn = async () => JSON.parse((await b.browser.go(`${b.begin}?returnTo=/api/v1/me`)).text)
  t.match(await logIn(), { name: 'ann', mustDo: 'enrol' }, 'he has none yet, and needs one')
  const { key } = JSON.parse((await b.browser.ask('POST', `${b.own}/api/v1/me/second-factor`)).text)
  const confirm = { code: oneTimeCode(key, b.time.wallMs) }
  t.equal((await b.browser.ask('POST', `${b.own}/api/v1/me/second-factor/confirm`, confirm)).status, 200)
  await b.browser.ask('POST', `${b.own}/api/v1/logout`)
  t.match(await logIn(), { code: 'web.unauthorized' }, 'known, and not in')
  const ways = await b.browser.ask('GET', `${b.own}/api/v1/login`)
  t.match(JSON.parse(ways.text), { needsCode: true })
  const finish = async (code: string) =>
    JSON.parse((await b.browser.ask('POST', `${b.own}/api/v1/login/openid-connect`, { code })).text)
  t.match(await finish('000000'), { code: 'people.wrong-credentials' })
  b.go(30_000)
  t.match(await finish(oneTimeCode(key, b.time.wallMs)), { name: 'ann', mustDo: 'nothing' })
  t.match(await b.me(), { name: 'ann' })
  t.match(await finish(oneTimeCode(key, b.time.wallMs)), { code: 'people.sign-on-stale' }, 'once')
  b.as({ ...ANN, amr: ['pwd', 'mfa'] })
  t.match(await logIn(), { name: 'ann', mustDo: 'nothing' })
  const proven = (await b.people.logIns.of('user-ann')).map(({ provenBy }) => provenBy)
  t.same(proven, ['provider', 'provider-with-second-factor'])
})

t.test('a provider that is down is told of, and passwords go on', async (t) => {
  const b = await signOnBench(t)
  const half = await b.browser.goUntil(b.begin, b.back)
  await b.provider.goDown()
  const page = await b.browser.comeFromElsewhere(half)
  t.equal(page.status, 503)
  t.match(page.text, 'people.provider-down', 'on the way back')
  b.go(60_000)
  const begin = await b.browser.go(b.begin)
  t.match(begin, { status: 503, text: /people\.provider-down[\s\S]*href="\/">Log in another way/ })
  await b.withPassword('ann')
  const proof = { name: 'ann', password: PASSWORD }
  t.equal((await b.browser.ask('POST', `${b.own}/api/v1/login`, proof)).status, 200)
  t.match(await b.people.logIn({ ...proof, address: ADDRESS }), { ok: true })
})

t.test('logging out can end the log-in at the provider too', async (t) => {
  const b = await signOnBench(t, { endsThere: true })
  await b.browser.go(b.begin)
  const out = await b.browser.ask('POST', `${b.own}/api/v1/logout`)
  const { goTo } = JSON.parse(out.text)
  t.equal(new URL(goTo).origin, b.provider.issuer)
  t.equal(new URL(goTo).searchParams.get('post_logout_redirect_uri'), `${b.own}/`)
  t.match(await b.me(), { code: 'web.unauthorized' })
})

t.test('without a provider there is one way, and the others are not there', async (t) => {
  const app = checkedServer(webBench().options)
  t.teardown(() => app.close())
  const ways = await app.inject({ url: '/api/v1/login' })
  t.strictSame(ways.json(), { ways: [{ way: 'password' }], needsCode: false })
  t.equal((await app.inject({ url: '/login/openid-connect' })).statusCode, 404)
  t.equal((await app.inject({ url: '/login/openid-connect/back?code=1' })).statusCode, 404)
})
