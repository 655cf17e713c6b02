import t from 'tap'
import { createPasswords } from '../../src/people/password.ts'
import { passwordFlaw } from '../../src/people/password-rules.ts'

const CHEAP = { passes: 1, octets: 8192 }
const GOOD = 'horse battery staple correct'

t.test('a password fits its hash, and nothing else does', async (t) => {
  const passwords = createPasswords(CHEAP)
  const hash = await passwords.hash(GOOD)
  t.match(hash, /^\$argon2id\$v=19\$m=8,t=1,p=1\$/)
  t.not(await passwords.hash(GOOD), hash, 'salted')
  t.ok(await passwords.fits(GOOD, hash))
  t.notOk(await passwords.fits(`${GOOD} `, hash))
  t.notOk(await passwords.fits('', hash))
  t.notOk(await passwords.fits(GOOD, undefined), 'nobody')
  t.notOk(await passwords.fits('$argon2id$', undefined), 'nobody')
  t.ok(
    await passwords.fits('caf\u00e9 au lait matin', await passwords.hash('cafe\u0301 au lait matin')),
    'one spelling',
  )
})

t.test('what is hashed by default is argon2id with 64 MiB, and an older hash is dated', async (t) => {
  const passwords = createPasswords()
  t.match(await passwords.hash(GOOD), '$argon2id$v=19$m=65536,t=3,p=1$')
  t.ok(passwords.isDated(await createPasswords(CHEAP).hash(GOOD)))
  t.notOk(passwords.isDated(await passwords.hash(GOOD)))
})

t.test('too many at once are refused, and the rest goes on', async (t) => {
  const passwords = createPasswords(CHEAP)
  const outcomes = await Promise.allSettled(Array.from({ length: 300 }, () => passwords.hash(GOOD)))
  const refused = outcomes.filter(({ status }) => status === 'rejected')
  t.equal(refused.length, 300 - 2 - 256)
  t.match((refused[0] as PromiseRejectedResult).reason, { code: 'people.busy' })
  t.ok(await passwords.fits(GOOD, await passwords.hash(GOOD)), 'afterwards')
})

t.test('what a password must be', async (t) => {
  const rows = [
    [GOOD, undefined],
    ['Tr0ub4dor&3 xyw', undefined],
    ['eleven char', 'people.password-short'],
    ['', 'people.password-short'],
    ['ünïcödé is tèxt', undefined],
    ['x y z w v u'.repeat(30), 'people.password-long'],
    [`nul ${'\0'} in the middle`, 'people.password-long'],
    ['aaaaaaaaaaaaaaaa', 'people.password-guessed'],
    ['abababababababab', 'people.password-guessed'],
    ['password1234', 'people.password-guessed'],
    ['Password1234!', 'people.password-guessed'],
    ['123456789012', 'people.password-guessed'],
    ['qwertyuiop12', 'people.password-guessed'],
    ['9876543210987', 'people.password-guessed'],
    ['Sottosotto123', 'people.password-guessed'],
    ['my ann.smith pass', 'people.password-name'],
    ['the SMITHY of old', 'people.password-name'],
  ] as const
  for (const [password, flaw] of rows)
    t.equal(passwordFlaw(password, ['ann.smith', 'Ann Smith']), flaw, JSON.stringify(password))
  t.equal(passwordFlaw('a jolly good one', ['jo', 'Jo']), undefined, 'a name too short to look for')
})
