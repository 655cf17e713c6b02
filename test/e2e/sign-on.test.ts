/**
 * The account of the company, on a built server with a directory on the disk: who is unknown is made a user and an administrator by the provider's word, is known by his subject after a restart,
 * and is in the history and in the log; neither the secret nor a token of the provider is on the disk.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openWalker } from '../peers/cookie-walker.ts'
import { DOOR_TOKEN, furnish, startHttps } from '../peers/https-server.ts'
import { CLIENT, type IdentityProvider, startIdentityProvider } from '../peers/identity-provider.ts'

t.test('a stranger of the company becomes a user, and is the same one after a restart', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-sign-on-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  let provider: IdentityProvider | undefined
  const { port, authority } = await furnish(folder, async (port, certificates) => {
    const own = `https://localhost:${port}`
    provider = await startIdentityProvider([`${own}/login/openid-connect/back`], certificates)
    writeFileSync(join(folder, 'authority.pem'), certificates.authority)
    return `people:
  openidConnect:
    issuer: ${provider.issuer}
    clientId: ${CLIENT.id}
    publicUrl: ${own}
    caFile: authority.pem
    nameDomain: example.com
    unknownUsers: create
    administrators: { claim: groups, value: sotto-admins }\n`
  })
  if (provider === undefined) throw new Error('no provider')
  const there: IdentityProvider = provider
  t.teardown(() => there.close())
  const own = `https://localhost:${port}`
  there.account = {
    subject: 'subject-1',
    claims: { preferred_username: 'Root@Example.com', name: 'Root Example', groups: ['staff', 'sotto-admins'] },
    amr: ['mfa'],
  }
  const secrets = mkdtempSync(join(tmpdir(), 'sotto-secrets-'))
  t.teardown(() => rmSync(secrets, { recursive: true, force: true }))
  writeFileSync(join(secrets, 'client'), `${CLIENT.secret}\n`)
  const start = () =>
    startHttps(t, folder, port, authority, {
      SOTTO_PEOPLE_OPENID_CONNECT_CLIENT_SECRET_FILE: join(secrets, 'client'),
    })
  const bearer = { authorization: `Bearer ${DOOR_TOKEN}` }
  const first = await start()
  const browser = openWalker(authority)
  const begin = `${own}/login/openid-connect?returnTo=/api/v1/me`
  const me = await browser.go(begin)
  t.match(JSON.parse(me.text), { name: 'Root', role: 'administrator', mustDo: 'nothing' }, me.text)
  const user = '/api/v1/directory/users/Root'
  t.match((await first.ask('GET', user, bearer)).json, { displayName: 'Root Example', administrator: true })
  t.match((await first.ask('GET', `${user}/history`, bearer)).json, { changes: [{ by: 'openid-connect' }] })
  t.match((await first.ask('GET', `${user}/way-in`, bearer)).json, { password: false, provider: true })
  const { token } = JSON.parse(
    (await browser.ask('POST', `${own}/api/v1/tokens`, { name: 'mine', scopes: ['status:read'], days: 1 })).text,
  )
  const held = { authorization: `Bearer ${token}` }
  t.equal(
    (await first.ask('GET', '/api/v1/status', held)).status,
    200,
    'no second factor of ours is asked for his tokens',
  )
  await first.stop()

  const second = await start()
  t.match(JSON.parse((await browser.ask('GET', `${own}/api/v1/me`)).text), { name: 'Root', mustDo: 'nothing' })
  t.equal((await second.ask('GET', '/api/v1/status', held)).status, 200)
  there.account = { ...there.account, claims: { preferred_username: 'someone.else@example.com', groups: [] } }
  t.match(JSON.parse((await browser.go(begin)).text), { name: 'Root', role: 'agent' }, 'and an administrator no more')
  const { records } = (await second.ask('GET', '/api/v1/access-log', bearer)).json as { records: object[] }
  const { id } = (await second.ask('GET', user, bearer)).json
  t.match(
    records.filter((each) => JSON.stringify(each).includes('/login/openid-connect/back')),
    [{ record: { event: { type: 'log-in', succeeded: 'yes', user: id, by: 'login' } } }],
  )
  await second.stop()
  const kept = [first.log(), second.log(), ...filesIn(folder).map((file) => readFileSync(file, 'latin1'))].join('\n')
  t.notOk(kept.includes(CLIENT.secret))
  t.notMatch(kept, /eyJ[\w-]+\.eyJ/, 'no token of the provider either')
})

function filesIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? filesIn(path) : [path]
  })
}
