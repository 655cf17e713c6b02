/**
 * The door of a built server over HTTPS: the token of the configuration makes the first administrator, who changes the password that was set and sets up a second factor before anything
 * else; then a token of the API, events, a restart that nobody has to log in again for, the log of it all, and no secret of it on the disk.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { auditAccess } from '../../src/cli/audit-access.ts'
import { DOOR_TOKEN, furnish, startHttps } from '../peers/https-server.ts'
import { oneTimeCode } from '../people/one-time-code.ts'

const PASSWORD = 'horse battery staple correct'
const NEXT = 'another battery of words entirely'

t.test('the first administrator, from a token of the configuration to a log of what he did', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-log-in-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const { port, authority } = await furnish(folder)
  const bearer = { authorization: `Bearer ${DOOR_TOKEN}` }
  const page = { 'sotto-request': '1', origin: `https://127.0.0.1:${port}`, 'sec-fetch-site': 'same-origin' }
  const first = await startHttps(t, folder, port, authority)
  const root = '/api/v1/directory/users'
  t.equal((await first.ask('POST', root, bearer, { name: 'root', administrator: true })).status, 201)
  t.equal((await first.ask('PUT', `${root}/root/password`, bearer, { password: PASSWORD })).status, 204)

  const wrong = await first.ask('POST', '/api/v1/login', page, { name: 'root', password: 'guessed wrongly' })
  t.equal(wrong.json['code'], 'people.wrong-credentials')
  const proof = await first.ask('POST', '/api/v1/login', page, { name: 'root', password: PASSWORD })
  t.match(proof.json, { name: 'root', role: 'administrator', mustDo: 'change-password' })
  const [set = ''] = proof.headers['set-cookie'] ?? []
  t.match(set, /^__Host-sotto=[a-z]{64}; Path=\/; HttpOnly; SameSite=Strict; Secure$/)
  const cookie = { ...page, cookie: set.split(';')[0] ?? '' }
  t.equal((await first.ask('GET', '/api/v1/status', cookie)).json['code'], 'people.must-change-password')
  t.equal((await first.ask('POST', '/api/v1/me/password', cookie, { old: PASSWORD, new: NEXT })).status, 204)
  const { key: secret } = (await first.ask('POST', '/api/v1/me/second-factor', cookie)).json
  const code = oneTimeCode(String(secret), Date.now())
  const confirmed = await first.ask('POST', '/api/v1/me/second-factor/confirm', cookie, { code })
  t.equal(confirmed.status, 200)
  t.equal((await first.ask('GET', '/api/v1/status', cookie)).status, 200)
  const wish = { name: 'wallboard', scopes: ['calls:read'], days: 1 }
  const { token } = (await first.ask('POST', '/api/v1/tokens', cookie, wish)).json
  const held = { authorization: `Bearer ${token}` }
  t.equal((await first.ask('GET', '/api/v1/calls', held)).status, 200)
  t.equal((await first.ask('GET', '/api/v1/status', held)).status, 403)
  await first.stop()

  const second = await startHttps(t, folder, port, authority)
  t.match((await second.ask('GET', '/api/v1/me', cookie)).json, { name: 'root', mustDo: 'nothing' }, 'still logged in')
  t.equal((await second.ask('GET', '/api/v1/calls', held)).status, 200)
  const needed = await second.ask('POST', '/api/v1/login', page, { name: 'root', password: NEXT })
  t.equal(needed.json['code'], 'people.code-needed')
  const [recoveryCode] = confirmed.json['recoveryCodes'] as string[]
  t.equal((await second.ask('POST', '/api/v1/login', page, { name: 'root', password: NEXT, recoveryCode })).status, 200)
  t.match(await second.ask('DELETE', '/api/v1/me/log-ins', cookie), { status: 200, json: { ended: 2 } })
  t.equal((await second.ask('GET', '/api/v1/me', cookie)).status, 401)
  const { records } = (await second.ask('GET', '/api/v1/access-log?limit=3', bearer)).json as { records: object[] }
  t.match(records[0], { record: { event: { type: 'log-out-everywhere', succeeded: 'yes' } } })
  await second.stop()

  const lines: string[] = []
  const terms = {
    config: join(folder, 'sotto.yaml'),
    folder: undefined,
    key: undefined,
    csv: false,
    json: false,
    shippedFolder: '.',
    env: {},
  }
  t.equal(await auditAccess(terms, (line) => lines.push(line)), 0)
  const text = lines.join('\n')
  for (const type of [
    'user-created',
    'password-set',
    'log-in  no  people.wrong-credentials',
    'log-in  yes',
    'password-changed',
    'second-factor-enrolled',
    'token-created',
    'refused  no  web.forbidden',
  ])
    t.match(text, type)

  const kept = [first.log(), second.log(), ...filesIn(folder).map((file) => readFileSync(file, 'latin1'))].join('\n')
  for (const each of [PASSWORD, NEXT, String(secret), String(token), cookie.cookie.slice(13), String(recoveryCode)])
    t.notOk(kept.includes(each), 'nowhere on the disk')
})

function filesIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? filesIn(path) : [path]
  })
}
