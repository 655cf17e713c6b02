/** What an administrator does while somebody proves himself, which takes as long as a hash and the line before it. */

import t from 'tap'
import { createPasswords } from '../../src/people/password.ts'
import { STEP_MS } from '../../src/people/totp.ts'
import { ADDRESS, CHEAP, crew, PASSWORD, standing } from './crew.ts'
import { oneTimeCode } from './one-time-code.ts'

const NEXT = 'another good one here'
const SET = 'what the administrator has set'

/** People with something that happens once, when the next password was looked at or hashed and nothing was done about it yet. */
function held() {
  const real = createPasswords(CHEAP)
  const steps: { after?: () => Promise<unknown> } = {}
  const then = async <T>(result: T): Promise<T> => {
    const { after } = steps
    delete steps.after
    await after?.()
    return result
  }
  const all = crew(undefined, [], {
    ...real,
    fits: async (password, hash) => then(await real.fits(password, hash)),
    hash: async (password) => then(await real.hash(password)),
  })
  /** Has it happen when the next password was looked at. */
  const meanwhile = (does: () => Promise<unknown>) => {
    steps.after = does
  }
  return { ...all, meanwhile }
}

t.test('a password that was set meanwhile: the log-in with the old one is none', async (t) => {
  const { people, withPassword, logIn, meanwhile, ended } = held()
  await withPassword('ann')
  meanwhile(() => people.setPassword('user-ann', SET))
  t.match(await logIn('ann'), { ok: false, code: 'people.wrong-credentials' })
  t.same(await people.logIns.of('user-ann'), [], 'and nothing of it is left')
  t.equal(ended.length, 1)
  t.match(await logIn('ann', { password: SET }), { ok: true })
})

t.test('so it is for who comes from the identity provider', async (t) => {
  const { people, rows, withPassword } = held()
  await withPassword('ann')
  const { addLogin } = rows
  rows.addLogin = async (login) => {
    rows.addLogin = addLogin
    await people.setPassword('user-ann', SET)
    await addLogin(login)
  }
  const known = { userId: 'user-ann', provenBy: 'provider', session: undefined, address: ADDRESS } as const
  t.match(await people.logInKnown(known), { ok: false, code: 'people.wrong-credentials' })
  t.same(await people.logIns.of('user-ann'), [])
  t.match(await people.logInKnown(known), { ok: true })
})

t.test('a user who was disabled meanwhile is not logged in when he is enabled again', async (t) => {
  const { people, users, withPassword, logIn, meanwhile } = held()
  await withPassword('ann')
  meanwhile(() => {
    users.set('user-ann', standing('ann', { disabled: true }))
    return people.userChanged('user-ann')
  })
  t.match(await logIn('ann'), { ok: false, code: 'people.wrong-credentials' })
  users.set('user-ann', standing('ann'))
  t.same(await people.logIns.of('user-ann'), [])
})

t.test('a second factor that was taken away meanwhile proves nobody', async (t) => {
  const { people, time, go, withPassword, loggedIn, logIn, meanwhile } = held()
  await withPassword('ann')
  const { principal } = await loggedIn('ann')
  const { key } = await people.beginSecondFactor(principal)
  await people.confirmSecondFactor(principal, oneTimeCode(key, time.wallMs))
  go(STEP_MS)
  meanwhile(() => people.resetSecondFactor('user-ann'))
  const outcome = await logIn('ann', { code: oneTimeCode(key, time.wallMs) })
  t.match(outcome, { ok: false, code: 'people.wrong-credentials' })
  t.same(await people.logIns.of('user-ann'), [])
})

t.test('who changes his password meanwhile puts nothing back that was set or taken away', async (t) => {
  const { people, rows, time, go, withPassword, loggedIn, logIn, meanwhile } = held()
  await withPassword('ann')
  const { principal } = await loggedIn('ann')
  const { key } = await people.beginSecondFactor(principal)
  await people.confirmSecondFactor(principal, oneTimeCode(key, time.wallMs))
  meanwhile(async () => {
    await people.setPassword('user-ann', SET)
    await people.resetSecondFactor('user-ann')
  })
  const change = people.changePassword(principal, { old: PASSWORD, new: NEXT, address: ADDRESS })
  await t.rejects(change, { code: 'people.wrong-credentials' })
  t.match(await people.wayIn('user-ann'), { secondFactor: false })
  t.match(await rows.credentials('user-ann'), { mustChange: true })
  t.match(await logIn('ann', { password: NEXT }), { ok: false })
  t.match(await logIn('ann', { password: SET }), { ok: true })

  await withPassword('ann')
  const again = (await loggedIn('ann')).principal
  const second = await people.beginSecondFactor(again)
  go(STEP_MS)
  await people.confirmSecondFactor(again, oneTimeCode(second.key, time.wallMs))
  meanwhile(() => people.resetSecondFactor('user-ann'))
  await people.changePassword(again, { old: PASSWORD, new: NEXT, address: ADDRESS })
  t.match(await people.wayIn('user-ann'), { secondFactor: false }, 'his new password alone is written')
})

t.test('a hash that is made anew does not bring the old password back', async (t) => {
  const { people, rows, withPassword, logIn, meanwhile } = held()
  await withPassword('ann')
  await rows.putPassword('user-ann', await createPasswords({ passes: 1, octets: 16_384 }).hash(PASSWORD), false)
  meanwhile(() => people.setPassword('user-ann', SET))
  t.match(await logIn('ann'), { ok: false, code: 'people.wrong-credentials' })
  t.match(await logIn('ann', { password: SET }), { ok: true })
})

t.test('who logs in twice at once is logged in twice, though his hash is made anew', async (t) => {
  const { people, rows, withPassword, logIn, meanwhile } = held()
  await withPassword('ann')
  await rows.putPassword('user-ann', await createPasswords({ passes: 1, octets: 16_384 }).hash(PASSWORD), false)
  let other: unknown
  meanwhile(async () => {
    other = await logIn('ann')
  })
  t.match(await logIn('ann'), { ok: true })
  t.match(other, { ok: true })
  t.equal((await people.logIns.of('user-ann')).length, 2)
})

t.test('a second factor that was reset while it was confirmed does not stand', async (t) => {
  const { people, rows, time, withPassword, loggedIn } = held()
  await withPassword('ann')
  const { principal } = await loggedIn('ann')
  const { key } = await people.beginSecondFactor(principal)
  const { useStep } = rows
  rows.useStep = async (userId, step) => {
    rows.useStep = useStep
    await people.resetSecondFactor('user-ann')
    return useStep(userId, step)
  }
  await t.rejects(people.confirmSecondFactor(principal, oneTimeCode(key, time.wallMs)), {
    code: 'people.no-second-factor',
  })
  t.match(await people.wayIn('user-ann'), { secondFactor: false })
})
