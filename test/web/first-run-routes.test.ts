import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import { clockFrom } from '../../src/base/clock.ts'
import { fault } from '../../src/base/fault.ts'
import { openDirectory } from '../../src/directory/index.ts'
import { createFirstRun } from '../../src/people/first-run.ts'
import { createPasswords, createPeople, directoryUsers, storedRows } from '../../src/people/index.ts'
import { createSealing } from '../../src/people/sealing.ts'
import { checkedServer } from './checked-server.ts'
import { bearer, webBench } from './web-bench.ts'

const PASSWORD = 'horse battery staple correct'
const FROM_A_PAGE = { 'sotto-request': '1', 'content-type': 'application/json' }

/** A server over a real store without anybody in it. */
async function bench(t: Test) {
  const directory = await openDirectory({
    store: { file: `${t.testdir()}/directory.sqlite` },
    clock: clockFrom({ now: () => performance.now(), setTimeout, clearTimeout }),
    wallMs: Date.now,
    random: randomBytes,
    onEvent: () => undefined,
  })
  t.teardown(() => directory.stop())
  const gate = createFirstRun({
    random: randomBytes,
    now: () => performance.now(),
    isSomebodyThere: () => directory.picture().entries.users.size > 0,
  })
  const rows = storedRows(() => directory.db)
  const passwords = createPasswords({ passes: 1, octets: 8192 })
  const people = createPeople({
    users: directoryUsers(() => directory.picture()),
    rows,
    passwords,
    sealing: createSealing(Buffer.alloc(32, 7)),
    now: () => performance.now(),
    wallMs: Date.now,
    random: randomBytes,
    idleMs: 60_000,
    longestMs: 60_000,
    secondFactorFor: ['administrator'],
    issuer: 'Sotto',
  })
  const phones = [{ account: 'alice', displayName: 'Alice', numbers: ['100'] }]
  const guide = () => ({ sip: [], phones, featureCode: '*71', validates: true })
  const b = webBench({ directory, people, firstRun: { gate, guide } })
  const app = checkedServer(b.options)
  const secret = gate.begin() ?? ''
  const make = (more: object = {}, headers: object = FROM_A_PAGE, remoteAddress = '127.0.0.1') =>
    app.inject({
      method: 'POST',
      url: '/api/v1/first-run',
      headers: { ...headers },
      remoteAddress,
      payload: { secret, name: 'root', password: PASSWORD, sample: true, ...more },
    })
  const isOpen = async () => (await app.inject({ url: '/api/v1/first-run' })).json().open
  return { ...b, app, directory, rows, passwords, make, isOpen, secret }
}

t.test('the link makes the administrator, logs him in and gives him what to try with; once', async (t) => {
  const { app, make, isOpen, directory, noted } = await bench(t)
  t.equal(await isOpen(), true)
  const made = await make()
  t.match(made.json(), { name: 'root', role: 'administrator', mustDo: 'enrol' }, 'his password is his own')
  const { users, forms, workgroups } = directory.picture().entries
  t.match(users.get('root')?.body, { administrator: true, phone: 'alice' })
  t.match(forms.get('order')?.body, { flow: 'card-payment' })
  t.match(workgroups.get('everybody')?.body, { members: ['root'], forms: ['order'] })
  t.match(noted.at(-1), { type: 'first-administrator-made', succeeded: 'yes' })
  const cookie = String(made.headers['set-cookie']).split(';')[0] ?? ''
  t.match((await app.inject({ url: '/api/v1/me', headers: { cookie } })).json(), { name: 'root' })
  t.equal(await isOpen(), false)
  t.equal((await make({ name: 'second' })).json().code, 'people.first-link-void')
  t.equal(directory.picture().entries.users.size, 1)
})

t.test('without what to try with there is a user, and nothing else', async (t) => {
  const { make, directory } = await bench(t)
  t.equal((await make({ sample: false })).statusCode, 200)
  const { users, forms } = directory.picture().entries
  t.notOk(users.get('root')?.body.phone)
  t.equal(forms.size, 0)
  t.notOk(directory.picture().inCharge)
})

t.test('what is refused does not spend it', async (t) => {
  const { make, isOpen, directory } = await bench(t)
  const refused: [object, string][] = [
    [{ password: 'short' }, 'people.password-short'],
    [{ password: 'root is my own name' }, 'people.password-name'],
    [{ name: 'no spaces here' }, 'directory.not-valid'],
    [{ secret: 'guess' }, 'people.first-link-void'],
    [{ colour: 'red' }, 'web.bad-request'],
  ]
  for (const [more, code] of refused) t.equal((await make(more)).json().code, code, JSON.stringify(more))
  t.equal(
    (await make({}, { 'content-type': 'application/json' })).json().code,
    'web.cross-site',
    'from no page of ours',
  )
  t.equal((await make({}, FROM_A_PAGE, '192.0.2.9')).json().code, 'people.not-encrypted', 'that others can read')
  t.equal(directory.picture().entries.users.size, 0)
  t.equal(await isOpen(), true)
  t.equal((await make()).statusCode, 200)
})

t.test('when his password cannot be kept there is no administrator, and the link stays good', async (t) => {
  const { make, isOpen, directory, rows, passwords } = await bench(t)
  const fails = async (code: string) => {
    t.equal((await make()).json().code, code)
    const { users, forms, workgroups } = directory.picture().entries
    t.strictSame([users.size, forms.size, workgroups.size], [0, 0, 0], code)
    t.equal(await isOpen(), true, code)
  }
  const { hash } = passwords
  passwords.hash = async () => {
    throw fault('people.busy')
  }
  await fails('people.busy')
  passwords.hash = hash
  const { putPassword } = rows
  rows.putPassword = async () => {
    throw fault('directory.unreachable')
  }
  await fails('directory.unreachable')
  rows.putPassword = putPassword
  t.match((await make()).json(), { name: 'root', role: 'administrator' })
})

t.test('of many at once one is made', async (t) => {
  const { make, directory } = await bench(t)
  const made = await Promise.all(Array.from({ length: 6 }, (_, i) => make({ name: `root-${i}` })))
  t.equal(made.filter(({ statusCode }) => statusCode === 200).length, 1)
  t.equal(directory.picture().entries.users.size, 1)
})

t.test('the guide is for administrators', async (t) => {
  const { app } = await bench(t)
  t.equal((await app.inject({ url: '/api/v1/first-run/guide' })).statusCode, 401)
  const { phones } = (await app.inject({ url: '/api/v1/first-run/guide', headers: bearer })).json()
  t.match(phones, [{ account: 'alice' }])
})
