/** Trunks, phones and routes are made over the API while people talk; calls go by them at once, and they are still there after a kill. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { configExport } from '../../src/cli/config-transfer.ts'
import { type Sotto, startSotto } from '../peers/sotto.ts'
import { checkClean, hearEachOther, talk } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(120_000)

const OTHER_TRUNK = '127.0.0.3'
const PASSWORD = 'password-of-agent-nine'
const ENTRIES = '/api/v1/directory'

/** How a call from the other trunk is answered. */
async function answerTo(sotto: Sotto, number: string): Promise<number> {
  const caller = await sotto.caller({ address: OTHER_TRUNK })
  return caller.call(number).then(
    () => 200,
    (thrown: unknown) => Number(/\d{3}/.exec(String(thrown))?.[0] ?? 0),
  )
}

t.test('a trunk, a phone and a route come and go while a call runs, and outlast a kill', async (t) => {
  const validation = await startValidationPeer()
  t.teardown(() => validation.close())
  const folder = t.testdir()
  const options = { validationUrl: `https://127.0.0.1:${validation.port}/`, caText: validation.authority, folder }
  const sotto = await startSotto(t, options)
  const ask = (method: 'GET' | 'POST', path: string, body?: object) => sotto.server.request(method, path, body)
  const talking = await talk(t, sotto)
  t.equal(await answerTo(sotto, '900'), 401, 'nobody knows this trunk')

  const route = { name: 'nine', from: 'other', number: '900', to: { phone: 'agent-9' } }
  t.match(await ask('POST', `${ENTRIES}/routes`, route), {
    status: 422,
    body: { code: 'directory.not-valid', problems: [{ key: 'routes.nine.from' }, { key: 'routes.nine.to.phone' }] },
  })
  t.match(await ask('POST', `${ENTRIES}/trunks`, { name: 'other', addresses: [OTHER_TRUNK], maxCalls: 1 }), {
    status: 201,
  })
  t.match(await ask('POST', `${ENTRIES}/phones`, { name: 'agent-9', password: PASSWORD }), { status: 201 })
  t.match(await ask('POST', `${ENTRIES}/routes`, route), { status: 201 })
  t.match(await ask('POST', `${ENTRIES}/trunks`, { name: 'carrier', addresses: ['127.0.0.9'] }), {
    status: 409,
    body: { code: 'directory.in-file' },
  })

  const nine = await sotto.agent({ user: 'agent-9', password: PASSWORD })
  await sotto.event(({ type, account }) => type === 'phone.changed' && account === 'agent-9', 'it has registered')
  const from = sotto.events.length
  const caller = await sotto.caller({ address: OTHER_TRUNK })
  await caller.call('900')
  await sotto.event(({ type }) => type === 'call.bridged', 'by the new trunk to the new phone', 10_000, from)
  const phones = (await ask('GET', '/api/v1/phones')).body as { phones: { name: string }[] }
  t.match(
    phones.phones.find(({ name }) => name === 'agent-9'),
    {
      origin: 'store',
      registered: true,
      busy: true,
      contacts: [{ transport: 'udp', address: '127.0.0.1' }],
    },
  )
  t.equal(await answerTo(sotto, '900'), 486, 'and the trunk has its limit')
  await caller.signalling.hangUp()
  await sotto.event(({ type }) => type === 'call.ended', 'the second call is over', 10_000, from)
  await nine.close()
  await hearEachOther(t, talking)
  await checkClean(t, sotto)

  const scope = {
    config: join(folder, 'sotto.yaml'),
    shippedFolder: new URL('../../', import.meta.url).pathname,
    env: {},
  }
  const exported = join(folder, 'directory.yaml')
  t.equal(await configExport(scope, exported, () => undefined), 0)
  t.match(readFileSync(exported, 'utf8'), /agent-9: \{\}/)
  sotto.server.signal('SIGKILL')
  await sotto.server.stop()
  for (const ending of ['', '-wal'])
    t.notOk(readFileSync(join(folder, `var/directory/directory.sqlite${ending}`)).includes(PASSWORD), 'it is sealed')

  const again = await startSotto(t, options)
  await (await again.agent({ user: 'agent-9', password: PASSWORD })).close()
  const removed = await fetch(`${again.server.base}${ENTRIES}/routes/nine`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${again.server.token}`, 'if-match': '*' },
  })
  t.equal(removed.status, 204)
  t.equal(await answerTo(again, '900'), 404, 'the route is gone, and the trunk is not')
  t.notMatch(again.log(), new RegExp(PASSWORD))
})
