/** What ends at the identity provider ends here: OpenID Connect Back-Channel Logout 1.0, and whatever is no logout token. */

import t from 'tap'
import { fault } from '../../src/base/fault.ts'
import type { TokenParts } from '../peers/identity-provider.ts'
import { ADDRESS, PASSWORD } from '../people/crew.ts'
import { ANN, claim, header, signOnBench } from './sign-on-bench.ts'

t.test('what has ended at the provider ends here: a session there, or all of a subject', async (t) => {
  const b = await signOnBench(t)
  await b.withPassword('ann')
  t.match(await b.people.logIn({ name: 'ann', password: PASSWORD, address: ADDRESS }), { ok: true })
  let session = ''
  b.provider.spoil = ({ claims }) => {
    session = String(claims['sid'])
  }
  const logIn = async () => {
    b.as(ANN)
    t.match(JSON.parse((await b.browser.go(`${b.begin}?returnTo=/api/v1/me`)).text), { name: 'ann' })
  }
  await logIn()
  const ended: string[] = []
  b.people.onEnded((keyIds) => ended.push(...keyIds))
  await b.provider.tellEnd('subject-1', 'another-session')
  t.match(await b.me(), { name: 'ann' }, 'another session of hers')
  await b.provider.tellEnd('subject-1', session)
  t.match(await b.me(), { code: 'web.unauthorized' })
  t.equal(ended.length, 1, 'whoever is told by a stream is cut off')
  t.match(b.noted.at(-1), { type: 'log-out-by-provider', succeeded: 'yes', user: 'user-ann' })

  const tell = async (change: (parts: TokenParts) => void) =>
    (await sendLogout(b.own, await b.provider.logoutToken(change))).status
  await logIn()
  t.equal(await tell(() => undefined), 200)
  t.match(await b.me(), { code: 'web.unauthorized' }, 'all of a subject')
  await logIn()
  const alone = ({ claims }: TokenParts) => {
    claims['sub'] = undefined
    claims['sid'] = session
  }
  t.equal(await tell(alone), 200)
  t.match(await b.me(), { code: 'web.unauthorized' }, 'a session without a name')
  const stranger = ({ claims }: TokenParts) => {
    claims['sub'] = 'subject-9'
  }
  t.equal(await tell(stranger), 200, 'nobody whom we know, and so nothing to do')
  const left = (await b.people.logIns.of('user-ann')).map(({ provenBy }) => provenBy)
  t.strictSame(left, ['password'], 'log-ins by password are none of its business')
})

t.test('what is no logout token in everything ends nothing', async (t) => {
  const b = await signOnBench(t)
  await b.browser.go(b.begin)
  const now = Math.floor(Date.now() / 1000)
  const rows = [
    ['no event', claim('events', undefined)],
    ['another event', claim('events', { 'http://schemas.openid.net/event/other': {} })],
    ['an event that is no object', claim('events', { 'http://schemas.openid.net/event/backchannel-logout': true })],
    ['a nonce, as ID tokens have', claim('nonce', 'n')],
    ['of another issuer', claim('iss', 'https://evil.example')],
    ['for another client', claim('aud', 'another-client')],
    ['expired', claim('exp', now - 100)],
    ['without an end', claim('exp', undefined)],
    ['too old', claim('iat', now - 400)],
    ['without an id', claim('jti', undefined)],
    ['about nobody', claim('sub', undefined)],
    ['about a number', claim('sub', 7)],
    ['a session that is no text', claim('sid', { $ne: '' })],
    ['unsigned', header('alg', 'none')],
    ["of a key that is not the provider's", header('kid', 'key-9')],
  ] as const
  for (const [says, spoil] of rows) {
    const { status, code } = await sendLogout(b.own, await b.provider.logoutToken(spoil))
    t.strictSame([status, code], [400, 'people.bad-logout-token'], says)
  }
  for (const garbage of ['', 'x', 'a.b.c'])
    t.equal((await sendLogout(b.own, garbage)).status, 400, JSON.stringify(garbage))
  t.match(await b.me(), { name: 'ann' })
  t.match(b.noted.at(-1), { type: 'log-out-by-provider', succeeded: 'no', user: '' })

  const once = await b.provider.logoutToken()
  t.equal((await sendLogout(b.own, once)).status, 200)
  await b.browser.go(b.begin)
  t.equal((await sendLogout(b.own, once)).code, 'people.bad-logout-token', 'again')
  t.match(await b.me(), { name: 'ann' })
  const late = await b.provider.logoutToken()
  await b.provider.goDown()
  b.go(60_000)
  t.match(await sendLogout(b.own, late), { status: 503, code: 'people.provider-down' })
})

t.test('what failed here is no word that was taken: the provider tells it again, and the log-ins end', async (t) => {
  const b = await signOnBench(t)
  await b.browser.go(b.begin)
  const token = await b.provider.logoutToken()
  const { loginsOf } = b.rows
  b.rows.loginsOf = async () => {
    throw fault('directory.unreachable')
  }
  t.match(await sendLogout(b.own, token), { status: 503, code: 'directory.unreachable' })
  b.rows.loginsOf = loginsOf
  t.match(await b.me(), { name: 'ann' }, 'nothing has ended')
  t.equal((await sendLogout(b.own, token)).status, 200)
  t.match(await b.me(), { code: 'web.unauthorized' })
  t.equal((await sendLogout(b.own, token)).code, 'people.bad-logout-token', 'and counts once')
})

/** As the provider does: a form, and nothing of a browser. */
async function sendLogout(own: string, token: string): Promise<{ readonly status: number; readonly code?: string }> {
  const body = new URLSearchParams({ logout_token: token })
  const answer = await fetch(`${own}/login/openid-connect/logout`, { method: 'POST', body })
  return { status: answer.status, ...((await answer.json()) as { code?: string }) }
}
