import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Change } from '../../src/directory/change.ts'
import { completed, openDirectory } from '../../src/directory/index.ts'
import { directoryUsers, watchUsers } from '../../src/people/directory-users.ts'
import type { PeopleRows } from '../../src/people/rows.ts'
import { storedRows } from '../../src/people/stored-rows.ts'
import { clock, onBothEngines, quickFolder } from '../directory/engines.ts'
import { memoryRows } from './memory-rows.ts'

const login = (n: number, userId = 'user-a', ms = 1000) => ({
  ...{ digest: `digest-${n}`, loginId: `login-${n}`, userId, address: '192.0.2.1', provenBy: 'provider' as const },
  ...{ providerSession: n === 3 ? undefined : `session-of-${userId}`, startedMs: ms, seenMs: ms },
})
const token = (n: number, userId = 'user-a') => ({
  ...{ digest: `digest-${n}`, tokenId: `token-${n}`, userId, name: 'a name', prefix: 'sotto_bcdfghjk' },
  ...{ scopes: ['calls:read', 'metrics:read'] as const, provenBy: 'provider-with-second-factor' as const },
  ...{ createdMs: n, expiresMs: 1_800_000_000_000, usedMs: undefined },
})

async function promises(t: Test, rows: PeopleRows): Promise<void> {
  await credentials(t, rows)

  for (const each of [login(1), login(2, 'user-a', 2000), login(3, 'user-b'), login(4, 'user-b', 9000)])
    await rows.addLogin(each)
  t.strictSame(await rows.login('digest-1'), login(1))
  await rows.seenLogin('digest-1', 5000)
  t.strictSame(await rows.login('digest-1'), { ...login(1), seenMs: 5000 })
  t.equal((await rows.loginsOf('user-a')).length, 2)
  t.strictSame(await rows.loginsOfSession('session-of-user-b'), [login(4, 'user-b', 9000)])
  await rows.endLogins([])
  await rows.endLogins(['digest-2', 'digest-3'])
  t.equal(await rows.login('digest-3'), undefined)
  await rows.forgetLogins(1000, 0)
  t.equal(await rows.login('digest-1'), undefined, 'began too long ago')
  await rows.forgetLogins(0, 9000)
  t.equal(await rows.login('digest-4'), undefined, 'unused for too long')

  for (const each of [token(1), token(2), token(3, 'user-b')]) await rows.addToken(each)
  t.strictSame(await rows.tokenWith('digest-1'), token(1))
  t.equal(await rows.tokenWith('digest-9'), undefined)
  t.same(
    (await rows.tokens('user-a')).map(({ tokenId }) => tokenId),
    ['token-2', 'token-1'],
  )
  t.equal((await rows.tokens(undefined)).length, 3)
  await rows.usedToken('token-1', 1_700_000_000_000)
  t.equal((await rows.tokenWith('digest-1'))?.usedMs, 1_700_000_000_000)
  await rows.revokeToken('token-1')
  t.equal(await rows.tokenWith('digest-1'), undefined)

  t.equal(await rows.userOfSubject('https://one', 'ann'), undefined)
  t.ok(await rows.tieSubject('https://one', 'ann', 'user-a'))
  t.equal(await rows.userOfSubject('https://one', 'ann'), 'user-a')
  t.equal(await rows.userOfSubject('https://another', 'ann'), undefined)
  t.notOk(await rows.tieSubject('https://one', 'ann', 'user-b'), 'a subject is one user')
  t.notOk(await rows.tieSubject('https://one', 'bob', 'user-a'), 'and a user one subject')
  t.ok(await rows.tieSubject('https://another', 'ann', 'user-a'))
  t.ok(await rows.isTied('user-a'))
  await rows.untie('user-a')
  t.notOk(await rows.isTied('user-a'))
}

async function credentials(t: Test, rows: PeopleRows): Promise<void> {
  const of = { userId: 'user-a', passwordHash: 'hash', mustChange: true, totpSealed: undefined, totpConfirmed: false }
  const stands = async (more: object) => t.strictSame(await rows.credentials('user-a'), { ...of, ...more })
  t.equal(await rows.credentials('user-a'), undefined)
  t.notOk(await rows.putPassword('user-a', 'hash', true, 'another'), 'in the place of none')
  t.equal(await rows.credentials('user-a'), undefined)
  t.ok(await rows.putPassword('user-a', 'hash', true))
  await stands({})
  t.notOk(await rows.putPassword('user-a', 'next', false, 'another'))
  await stands({})
  t.ok(await rows.putPassword('user-a', 'next', false, 'hash'))
  const next = { passwordHash: 'next', mustChange: false }
  await stands(next)

  t.ok(await rows.beginTotp('user-a', 'first'))
  t.ok(await rows.beginTotp('user-a', 'sealed'), 'shown again before it was confirmed')
  await stands({ ...next, totpSealed: 'sealed' })
  t.notOk(await rows.confirmTotp('user-a', 'first', ['none']), 'another one')
  t.equal(await rows.recoveryCodesLeft('user-a'), 0)
  t.ok(await rows.confirmTotp('user-a', 'sealed', ['one', 'two']))
  t.notOk(await rows.confirmTotp('user-a', 'sealed', ['three']), 'once')
  t.notOk(await rows.beginTotp('user-a', 'second'), 'in the place of one that stands')
  await stands({ ...next, totpSealed: 'sealed', totpConfirmed: true })
  t.ok(await rows.useStep('user-a', 5))
  t.notOk(await rows.useStep('user-a', 5))
  t.notOk(await rows.useStep('user-a', 4))
  const both = await Promise.all([rows.useStep('user-a', 6), rows.useStep('user-a', 6)])
  t.same(both.toSorted(), [false, true])

  t.ok(await rows.beginTotp('user-b', "somebody's without a password"))
  t.ok(await rows.confirmTotp('user-b', "somebody's without a password", ['one']))
  t.ok(await rows.useRecoveryCode('user-a', 'one'))
  t.notOk(await rows.useRecoveryCode('user-a', 'one'))
  t.equal(await rows.recoveryCodesLeft('user-a'), 1)
  t.equal(await rows.recoveryCodesLeft('user-b'), 1)
  t.ok(await rows.putPassword('user-a', 'hash', true), 'a password leaves the second factor alone')
  await stands({ totpSealed: 'sealed', totpConfirmed: true })
  await rows.removeTotp('user-a')
  await rows.removeTotp('user-x')
  await stands({})
  t.equal(await rows.recoveryCodesLeft('user-a'), 0)
  t.notOk(await rows.confirmTotp('user-a', 'sealed', ['four']), 'what was taken away meanwhile')
  t.notOk(await rows.useStep('user-a', 6), 'and no change brings used codes back')
}

onBothEngines(async (t, engine) => {
  const directory = await engine.open()
  await promises(
    t,
    storedRows(() => directory.db),
  )
}, 'what is kept of people')

t.test('the rows that tests keep in memory behave alike', async (t) => promises(t, memoryRows()))

type UserBody = Extract<Change, { kind: 'users' }>['body']
const user = (name: string, body: object = {}): Change => ({
  kind: 'users',
  name,
  body: completed('users', body) as UserBody,
})

t.test('users of the directory: roles, whose calls they see, and rights', async (t) => {
  const directory = await openDirectory({
    store: { file: join(quickFolder(t), 'd.sqlite') },
    clock,
    wallMs: Date.now,
    random: randomBytes,
    onEvent: () => undefined,
  })
  t.teardown(() => directory.stop())
  const users = directoryUsers(() => directory.picture())
  const put = (changes: readonly Change[]) => directory.change('test', () => ({ changes }))
  await put([
    user('ann', { phone: 'agent' }),
    user('bob', { phone: 'agent-2' }),
    user('sue', { displayName: 'Sue S' }),
    user('root', { administrator: true }),
  ])
  t.match(users.byName('ann'), { role: 'agent', displayName: 'ann', enabled: true, sees: new Set(['agent']) })
  t.ok(users.byName('ann')?.scopes.has('secure:start'), 'as long as the directory is not in charge')
  t.match(users.byName('root'), { role: 'administrator', sees: 'all', acts: 'all' })
  t.equal(users.byName('nobody'), undefined)
  const ann = users.byName('ann')
  t.strictSame(users.byId(ann?.userId ?? ''), ann)
  t.equal(users.byId('user-x'), undefined)

  const body = completed('workgroups', {
    members: ['ann', 'bob', 'sue'],
    supervisors: ['sue'],
    rights: { 'secure-input:view': 'allow', 'secure-input:start': 'allow' },
  }) as Extract<Change, { kind: 'workgroups' }>['body']
  await put([
    { kind: 'workgroups', name: 'payments', body },
    user('bob', { phone: 'agent-2', rights: { 'secure-input:start': 'deny' } }),
  ])
  t.match(users.byName('sue'), { role: 'supervisor', sees: new Set(['agent', 'agent-2']), acts: new Set() })
  t.ok(users.byName('ann')?.scopes.has('secure:start'))
  t.notOk(users.byName('bob')?.scopes.has('secure:start'), 'denied')
  t.ok(users.byName('bob')?.scopes.has('secure:read'))
  t.notOk(users.byName('root')?.scopes.has('secure:start'), 'granted nowhere')

  const gone: string[] = []
  const stop = watchUsers(directory, (userId) => gone.push(userId))
  await put([user('ann', { phone: 'agent', disabled: true })])
  await put([user('ann', { phone: 'agent', disabled: true, displayName: 'still' })])
  t.same(gone, [ann?.userId], 'once')
  t.equal(users.byName('ann')?.enabled, false)
  const root = users.byName('root')?.userId
  await put([{ kind: 'users', name: 'root', body: undefined }])
  t.same(gone, [ann?.userId, root])
  stop()
})
