import t from 'tap'
import { fault } from '../../src/base/fault.ts'
import { createPasswords } from '../../src/people/password.ts'
import { STEP_MS } from '../../src/people/totp.ts'
import { ADDRESS, CHEAP, crew, PASSWORD, standing } from './crew.ts'
import { oneTimeCode } from './one-time-code.ts'

t.test('who logs in is known by the cookie, of which nobody keeps more than a hash', async (t) => {
  const { people, rows, withPassword, loggedIn } = crew()
  await withPassword('ann')
  const { cookie, principal } = await loggedIn('ann')
  t.match(principal, { by: 'login', name: 'ann', role: 'agent', mustDo: 'nothing' })
  t.match(await people.byCookie(cookie), { userId: 'user-ann', keyId: principal.keyId })
  t.equal(await people.byCookie(`${cookie.slice(1)}b`), undefined)
  const kept = JSON.stringify([await rows.loginsOf('user-ann'), await rows.credentials('user-ann')])
  t.notMatch(kept, cookie)
  t.notMatch(kept, PASSWORD)
})

t.test('a wrong name, a wrong password and a user who is disabled are told the same', async (t) => {
  const { users, withPassword, logIn } = crew()
  await withPassword('ann')
  await withPassword('sue')
  users.set('user-sue', standing('sue', { disabled: true }))
  const wrong = { ok: false, code: 'people.wrong-credentials' }
  t.match(await logIn('nobody'), wrong)
  t.match(await logIn('ann', { password: 'something else altogether' }), wrong)
  t.match(await logIn('sue'), wrong)
  t.match(await logIn('root'), wrong, 'has no password')
})

t.test('who guesses is not listened to for a while, whoever he tries to be', async (t) => {
  const { logIn, go, withPassword } = crew()
  await withPassword('ann')
  for (const name of ['ann', 'nobody']) {
    for (let n = 1; n <= 5; n += 1)
      t.match(await logIn(name, { password: 'guess' }), { code: 'people.wrong-credentials' })
    t.match(await logIn(name), { code: 'people.locked-out', waitMs: 2000 }, name)
  }
  go(2000)
  t.match(await logIn('ann'), { ok: true })
})

t.test('what could not be looked at was no guess: neither of the user nor of where he comes from', async (t) => {
  const passwords = createPasswords(CHEAP)
  const { people, rows, logIn, withPassword, loggedIn } = crew(undefined, [], passwords)
  await withPassword('ann')
  const { principal } = await loggedIn('ann')
  const down = async () => {
    throw fault('directory.unreachable')
  }
  const { fits } = passwords
  passwords.fits = async () => {
    throw fault('people.busy')
  }
  const change = { old: PASSWORD, new: 'another good one here', address: ADDRESS }
  for (let n = 1; n <= 50; n += 1) {
    await t.rejects(logIn('ann'), { code: 'people.busy' })
    await t.rejects(people.changePassword(principal, change), { code: 'people.busy' })
  }
  passwords.fits = fits
  const { credentials } = rows
  rows.credentials = down
  for (let n = 1; n <= 50; n += 1) await t.rejects(logIn('ann'), { code: 'directory.unreachable' })
  rows.credentials = credentials
  t.match(await logIn('ann'), { ok: true })
})

t.test('a log-in ends when it is not used, and for good after a day of work', async (t) => {
  const { people, go, withPassword, loggedIn, ended } = crew()
  await withPassword('ann')
  const idle = await loggedIn('ann')
  go(1_799_000)
  t.ok(await people.byCookie(idle.cookie))
  go(1_799_000)
  t.ok(await people.byCookie(idle.cookie), 'it was used')
  go(1_800_000)
  t.equal(await people.byCookie(idle.cookie), undefined)
  t.same(ended, [idle.principal.keyId], 'and is told of')
  const used = await loggedIn('ann')
  for (let n = 0; n < 23; n += 1) {
    go(1_790_000)
    await people.byCookie(used.cookie)
  }
  t.ok(await people.byCookie(used.cookie))
  go(1_790_000)
  go(300_000)
  t.equal(await people.byCookie(used.cookie), undefined)
  await loggedIn('ann')
  go(43_200_000)
  await people.logIns.forget()
  t.same(await people.logIns.of('user-ann'), [])
})

t.test('logging out, here or everywhere; being disabled; being changed', async (t) => {
  const { people, users, withPassword, loggedIn, ended } = crew()
  await withPassword('ann')
  const [one, two, three] = [await loggedIn('ann'), await loggedIn('ann'), await loggedIn('ann')]
  await people.logIns.end('user-ann', ({ loginId }) => loginId === one.principal.keyId)
  t.equal(await people.byCookie(one.cookie), undefined)
  t.ok(await people.byCookie(two.cookie))
  users.set('user-ann', standing('ann', { disabled: true }))
  t.equal(await people.byCookie(two.cookie), undefined, 'at once')
  await people.userChanged('user-ann')
  users.set('user-ann', standing('ann'))
  t.equal(await people.byCookie(three.cookie), undefined, 'and it stays so')
  t.ok([one, two, three].every(({ principal }) => ended.includes(principal.keyId)))
  const four = await loggedIn('ann')
  t.equal(await people.logIns.end('user-ann'), 1)
  t.equal(await people.byCookie(four.cookie), undefined)
  for (let n = 0; n < 25; n += 1) await loggedIn('ann')
  t.equal((await people.logIns.of('user-ann')).length, 20, 'no more than so many')
})

t.test('changing a password needs the old one, and ends every other log-in', async (t) => {
  const { people, withPassword, loggedIn, logIn } = crew()
  await withPassword('ann')
  const other = await loggedIn('ann')
  const { cookie, principal } = await loggedIn('ann')
  const change = (old: string, next: string) => people.changePassword(principal, { old, new: next, address: ADDRESS })
  await t.rejects(change('not the old one', 'another good one here'), { code: 'people.wrong-credentials' })
  await t.rejects(change(PASSWORD, PASSWORD), { code: 'people.password-same' })
  await t.rejects(change(PASSWORD, 'short'), { code: 'people.password-short' })
  await change(PASSWORD, 'another good one here')
  t.ok(await people.byCookie(cookie))
  t.equal(await people.byCookie(other.cookie), undefined)
  t.match(await logIn('ann'), { ok: false })
  t.match(await logIn('ann', { password: 'another good one here' }), { ok: true })
})

t.test('the old password cannot be guessed by changing it', async (t) => {
  const { people, withPassword, loggedIn } = crew()
  await withPassword('ann')
  const { principal } = await loggedIn('ann')
  const guess = () =>
    people.changePassword(principal, { old: 'a guess', new: 'another good one here', address: ADDRESS })
  for (let n = 1; n <= 5; n += 1) await t.rejects(guess(), { code: 'people.wrong-credentials' })
  await t.rejects(guess(), { code: 'people.locked-out', detail: { retryAfterSeconds: 2 } })
})

t.test('a password that somebody else has set has to be changed first', async (t) => {
  const { people, loggedIn } = crew()
  await people.setPassword('user-ann', PASSWORD)
  const { principal, cookie } = await loggedIn('ann')
  t.equal(principal.mustDo, 'change-password')
  await people.changePassword(principal, { old: PASSWORD, new: 'another good one here', address: ADDRESS })
  t.match(await people.byCookie(cookie), { mustDo: 'nothing' })
  await t.rejects(people.setPassword('user-x', PASSWORD), { code: 'people.unknown-user' })
})

t.test('a hash of lesser parameters is made anew at the next log-in', async (t) => {
  const { rows, withPassword, loggedIn } = crew()
  await withPassword('ann')
  const older = await createPasswords({ passes: 1, octets: 16_384 }).hash(PASSWORD)
  await rows.putPassword('user-ann', older, false)
  await loggedIn('ann')
  t.match((await rows.credentials('user-ann'))?.passwordHash, 'm=8,')
  await loggedIn('ann')
})

t.test('a second factor: set up, confirmed, asked for, each code once', async (t) => {
  const { people, rows, time, go, withPassword, loggedIn, logIn } = crew(undefined, ['administrator'])
  await withPassword('root')
  const { principal, cookie } = await loggedIn('root')
  t.equal(principal.mustDo, 'enrol', 'an administrator must')
  await t.rejects(people.confirmSecondFactor(principal, '123456'), { code: 'people.no-second-factor' })
  const { key, uri } = await people.beginSecondFactor(principal)
  t.match(uri, `secret=${key}`)
  t.notMatch(JSON.stringify(await rows.credentials('user-root')), key, 'kept sealed')
  const code = () => oneTimeCode(key, time.wallMs)
  const wrong = String((Number(code()) + 1) % 1_000_000).padStart(6, '0')
  await t.rejects(people.confirmSecondFactor(principal, wrong), { code: 'people.wrong-code' })
  t.match(await people.byCookie(cookie), { mustDo: 'enrol' })
  const recovery = await people.confirmSecondFactor(principal, code())
  t.equal(new Set(recovery).size, 10)
  t.match(await people.byCookie(cookie), { mustDo: 'nothing' })
  await t.rejects(people.beginSecondFactor(principal), { code: 'people.second-factor-stands' })

  t.match(await logIn('root'), { code: 'people.code-needed' })
  t.match(await logIn('root', { code: code() }), { code: 'people.wrong-credentials' }, 'used to confirm')
  go(STEP_MS)
  const both = await Promise.all([logIn('root', { code: code() }), logIn('root', { code: code() })])
  t.equal(both.filter(({ ok }) => ok).length, 1, 'of two at once one')
  const [first = ''] = recovery
  t.match(await logIn('root', { recoveryCode: first.toLowerCase().replaceAll('-', ' ') }), { ok: true })
  t.match(await logIn('root', { recoveryCode: first }), { code: 'people.wrong-credentials' })
  t.match(await people.wayIn('user-root'), { password: true, secondFactor: true, recoveryCodes: 9 })

  go(STEP_MS)
  const drop = (proof: object) => people.dropSecondFactor(principal, { password: PASSWORD, address: ADDRESS, ...proof })
  await t.rejects(drop({}), { code: 'people.code-needed' })
  await drop({ code: code() })
  t.match(await people.wayIn('user-root'), { secondFactor: false, recoveryCodes: 0 })
  t.match(await logIn('root'), { ok: true })
})

t.test('a second factor that was lost is taken away by an administrator', async (t) => {
  const { people, time, withPassword, loggedIn, logIn } = crew()
  await withPassword('ann')
  const { principal, cookie } = await loggedIn('ann')
  const { key } = await people.beginSecondFactor(principal)
  await people.confirmSecondFactor(principal, oneTimeCode(key, time.wallMs))
  await people.resetSecondFactor('user-ann')
  t.equal(await people.byCookie(cookie), undefined)
  t.match(await logIn('ann'), { ok: true })
})

t.test('an API token may some of what its user may, for a time', async (t) => {
  const { people, users, go, withPassword, loggedIn, ended } = crew()
  await withPassword('root')
  await withPassword('ann')
  const { principal } = await loggedIn('root')
  const { token, row } = await people.tokens.create(principal, {
    name: 'wallboard',
    scopes: ['calls:read', 'metrics:read'],
    days: 2,
  })
  t.match(token, /^sotto_[a-z]{64}$/)
  t.equal(row.prefix, token.slice(0, 14))
  t.notMatch(JSON.stringify(await people.tokens.list(undefined)), token)
  const held = await people.byToken(token)
  t.match(held, { by: 'token', name: 'root', keyId: row.tokenId, sees: 'all' })
  t.same([...(held?.scopes ?? [])], ['calls:read', 'metrics:read'])
  for (const other of ['', 'sotto_', `${token}b`, token.slice(0, -1)]) t.equal(await people.byToken(other), undefined)
  t.equal(typeof (await people.tokens.list('user-root'))[0]?.usedMs, 'number', 'last use')

  const ann = await loggedIn('ann')
  const wish = { name: 'mine', scopes: ['calls:read', 'media:write'], days: 1 } as const
  await t.rejects(people.tokens.create(ann.principal, wish), { code: 'people.scope-not-held' })
  users.set('user-root', standing('root', { phone: 'agent-3' }))
  t.same([...((await people.byToken(token))?.scopes ?? [])], ['calls:read'], 'no administrator any more')
  users.set('user-root', standing('root', { administrator: true, disabled: true }))
  t.equal(await people.byToken(token), undefined, 'disabled')
  users.set('user-root', standing('root', { administrator: true }))
  go(2 * 86_400_000)
  t.equal(await people.byToken(token), undefined, 'expired')

  const second = await people.tokens.create(principal, { name: 'other', scopes: ['calls:read'], days: 9 })
  await t.rejects(
    people.tokens.revoke(second.row.tokenId, 'user-ann'),
    { code: 'people.unknown-key' },
    "somebody else's",
  )
  await people.tokens.revoke(second.row.tokenId, 'user-root')
  t.equal(await people.byToken(second.token), undefined)
  t.ok(ended.includes(second.row.tokenId))
})
