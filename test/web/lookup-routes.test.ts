/** Lookups of a custom form over the API: on a real store, with a real service, for the agent of the call alone; and the secrets of forms, which are told to nobody. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import type { InjectOptions } from 'fastify'
import t, { type Test } from 'tap'
import { createAddIns } from '../../src/add-ins/index.ts'
import { createLog } from '../../src/base/log.ts'
import type { Calls } from '../../src/call/index.ts'
import { changesTo, decideChanges, readDirectoryFile, writeDirectoryFile } from '../../src/directory/index.ts'
import { addInSettings, putAddIn } from '../add-ins/add-in-folders.ts'
import { engineOf, quickFolder } from '../directory/engines.ts'
import { json, startLookupService } from '../peers/lookup-service.ts'
import { PASSWORD, standing } from '../people/crew.ts'
import { callView } from './call-views.ts'
import { checkedServer } from './checked-server.ts'
import { bearer, webBench } from './web-bench.ts'

const SECRET = 'Server=orders;Password=hunter2'
const CARD = '4111 1111 1111 1111'
const FORM = {
  ...{ name: 'orders', type: 'custom', component: 'order-lookup', title: 'Order', flow: 'pin-check' },
  secrets: [{ name: 'database_connection_string', value: SECRET }],
}
const LOOKUP = '/api/v1/calls/call-1/forms/orders/lookups/order'

async function bench(t: Test) {
  const service = await startLookupService(t, {
    '/orders/4711': json({ amount: '12.50', address: 'Ring 1', owner: 'not wanted' }),
    '/orders/card': json({ amount: CARD }),
  })
  const folder = quickFolder(t)
  writeFileSync(join(folder, 'ca.pem'), service.authority)
  putAddIn(join(folder, 'add'), {
    lookups: {
      order: {
        url: `${service.origin}/orders/{order}`,
        headers: { authorization: 'Bearer {secret:database_connection_string}' },
        answer: ['amount', 'address'],
      },
    },
  })
  const addIns = createAddIns({
    settings: () => addInSettings(join(folder, 'add'), { allowHosts: ['127.0.0.1'], caFile: join(folder, 'ca.pem') }),
    wallMs: () => 1_800_000_000_000,
    log: { info: () => undefined, warn: () => undefined },
  })
  await addIns.load()
  const engine = engineOf(t, 'SQLite', { file: `${folder}/d.sqlite` })
  const directory = await engine.open()
  const lines: string[] = []
  const views = [
    callView('call-1', 'agent'),
    callView('call-0', 'agent', { endedAtMs: 7 }),
    callView('call-2', 'agent-2'),
  ]
  // Two agents who speak to each other: the other one of them is the caller.
  const [inside] = [callView('call-3', 'agent-2')]
  const withCaller = { ...inside, callerLeg: inside?.callerLeg && { ...inside.callerLeg, account: 'agent' } }
  const b = webBench({
    ...{ addIns, directory },
    calls: {
      subscribe: () => () => undefined,
      get: (callId: string) => [...views, withCaller].find((view) => view.callId === callId),
    } as unknown as Calls,
    log: createLog({ level: 'debug', write: (line) => lines.push(line), wallMs: () => 0, process: 'control' }),
  })
  b.users.set('user-bob', standing('bob', { phone: 'agent-2' }))
  const app = checkedServer(b.options)
  const ask = async (
    method: InjectOptions['method'] & string,
    url: string,
    body?: object,
    headers: object = bearer,
  ) => {
    const answer = await app.inject({
      method,
      url,
      headers: { ...headers },
      ...(body === undefined ? {} : { payload: body }),
    })
    return {
      ...{ status: answer.statusCode, text: answer.body, etag: String(answer.headers.etag ?? '') },
      json: answer.body === '' ? undefined : answer.json(),
    }
  }
  const as = async (name: string) => {
    await b.withPassword(name)
    const outcome = await b.people.logIn({ name, password: PASSWORD, address: '127.0.0.1' })
    if (!outcome.ok) throw new Error(outcome.code)
    return { cookie: `sotto=${outcome.loggedIn.cookie}`, 'sotto-request': '1' }
  }
  const make = async (kind: string, body: object) => {
    const made = await ask('POST', `/api/v1/directory/${kind}`, body)
    if (made.status !== 201) throw new Error(made.text)
    return made
  }
  const furnish = async (rights: object = { 'secure-input:view': 'allow', 'secure-input:start': 'allow' }) => {
    await make('users', { name: 'ann', phone: 'agent' })
    const form = await make('forms', FORM)
    await make('workgroups', { name: 'payments', members: ['ann'], forms: ['orders'], rights })
    return form
  }
  const outside = { ...b.options.plan.outside }
  return { ...b, ...service, app, ask, as, make, furnish, directory, lines, outside, addIns, folder }
}

t.test('the agent of the call has something looked up; nobody else does', async (t) => {
  const { ask, as, furnish, asked, noted } = await bench(t)
  await furnish()
  const ann = await as('ann')
  const values = { values: { order: '4711' } }
  const found = await ask('POST', LOOKUP, values, ann)
  t.equal(found.status, 200)
  t.strictSame(found.json, { answer: { amount: '12.50', address: 'Ring 1' } })
  t.equal(asked[0]?.headers.authorization, `Bearer ${SECRET}`)
  t.match(noted.at(-1), { type: 'form-looked-up', succeeded: 'yes', resource: LOOKUP })
  t.equal((await ask('POST', LOOKUP, values)).status, 200, 'so may a program with a token of the configuration')

  const refused = async (status: number, code: string, headers: object, url = LOOKUP, body: object = values) =>
    t.match(await ask('POST', url, body, headers), { status, json: { code } }, `${code} ${url}`)
  await refused(401, 'web.unauthorized', {})
  await refused(403, 'web.cross-site', { cookie: ann.cookie })
  await refused(404, 'call.not-found', await as('bob'))
  await refused(404, 'call.not-found', await as('sue'), LOOKUP)
  await refused(404, 'call.not-found', ann, LOOKUP.replace('call-1', 'call-2'))
  await refused(404, 'call.not-found', ann, LOOKUP.replace('call-1', 'call-3'))
  await refused(404, 'call.not-found', ann, LOOKUP.replace('call-1', 'call-0'))
  await refused(404, 'lookup.unknown', ann, LOOKUP.replace('lookups/order', 'lookups/other'))
  await refused(409, 'secure.unknown-form', ann, LOOKUP.replace('forms/orders', 'forms/other'))
  await refused(422, 'lookup.bad-value', ann, LOOKUP, { values: {} })
  await refused(422, 'lookup.card-number', ann, LOOKUP, { values: { order: CARD } })
  await refused(502, 'lookup.card-in-answer', ann, LOOKUP, { values: { order: 'card' } })
  for (const body of [
    {},
    { values: [] },
    { values: { order: 4711 } },
    { values: { order: '1' }, more: 1 },
    { values: { order: 'x'.repeat(300) } },
  ])
    await refused(400, 'web.bad-request', ann, LOOKUP, body)
  t.equal(asked.length, 3, 'the service was asked when it should be')
})

t.test('whoever could not start a session with the form looks nothing up', async (t) => {
  const { ask, as, furnish, make, asked } = await bench(t)
  await furnish({ 'secure-input:view': 'allow' })
  const ann = await as('ann')
  const body = { values: { order: '4711' } }
  t.match(await ask('POST', LOOKUP, body, ann), { status: 403, json: { code: 'secure.no-right' } })
  await make('workgroups', { name: 'rights', members: ['ann'], rights: { 'secure-input:start': 'allow' } })
  await make('forms', { ...FORM, name: 'others' })
  t.match(await ask('POST', LOOKUP.replace('orders', 'others'), body, ann), {
    json: { code: 'secure.form-not-assigned' },
  })
  t.strictSame(asked, [])
  t.equal((await ask('POST', LOOKUP, body, ann)).status, 200)
})

t.test(
  'secrets of a form stand sealed in the store, stay while nobody sends others, and are told to nobody',
  async (t) => {
    const { ask, as, furnish, directory, lines, outside } = await bench(t)
    const made = await furnish()
    const url = '/api/v1/directory/forms/orders'
    const stored = () => directory.picture().entries.forms.get('orders')?.body.secrets
    const works = async () => (await ask('POST', LOOKUP, { values: { order: '4711' } }, await as('ann'))).json
    const sealed = stored()
    t.match(sealed, [{ name: 'database_connection_string', value: /^[\w-]{40,}$/ }])
    t.strictSame(made.json.secrets, [{ name: 'database_connection_string' }], 'its name is shown, and no value')

    const read = await ask('GET', url)
    const back = await ask('PUT', url, { ...read.json, title: 'Orders' }, { ...bearer, 'if-match': read.etag })
    t.match(back, { status: 200, json: { title: 'Orders' } })
    t.strictSame(stored(), sealed, 'sent back as it was read, it stays')
    const more = { secrets: [{ name: 'second', value: 'another-secret' }, { name: 'database_connection_string' }] }
    const patched = await ask('PATCH', url, more, { ...bearer, 'if-match': back.etag })
    t.strictSame(patched.json.secrets, [{ name: 'second' }, { name: 'database_connection_string' }])
    t.strictSame(stored()?.[1], sealed?.[0], 'each row keeps its own')
    t.match(await works(), { answer: { amount: '12.50' } })
    const swapped = stored()?.map(({ name }, at) => ({ name, value: stored()?.[1 - at]?.value }))
    t.ok(swapped?.every(({ value }) => value !== undefined))

    const wrong: readonly (readonly [object, string])[] = [
      [{ secrets: [{ name: 'new-one' }] }, 'forms.orders.secrets[0].value'],
      [
        {
          secrets: [
            { name: 'a', value: 'x' },
            { name: 'a', value: 'y' },
          ],
        },
        'forms.orders.secrets[1].name',
      ],
      [{ secrets: [{ name: 'a', value: 'two\nlines' }] }, 'secrets[0].value'],
      [{ secrets: [{ name: 'a', value: CARD }] }, 'secrets[0].value'],
      [{ component: 'gone-lookup' }, 'forms.orders.component'],
    ]
    for (const [patch, key] of wrong) {
      const refused = await ask('PATCH', url, patch, { ...bearer, 'if-match': patched.etag })
      t.match(refused, { status: 422, json: { code: 'directory.not-valid' } })
      t.ok(
        refused.json.problems.some((each: { key: string }) => each.key === key),
        `${key}: ${refused.text}`,
      )
      t.notMatch(refused.text, /lines|4111/)
    }

    const text = writeDirectoryFile(directory.picture())
    t.match(text, /secrets:\n\s+- name: second\n\s+- name: database_connection_string/)
    const file = readDirectoryFile(text.replace('title: Orders', 'title: Imported'))
    if ('problems' in file) throw new Error(JSON.stringify(file.problems))
    const flows = { hasFlow: () => true, flowProblems: () => [], plan: outside }
    const done = await directory.change('import', (picture) =>
      decideChanges(picture, changesTo(picture, file, outside.seal), flows),
    )
    t.match(done, { changes: [{ name: 'orders' }] })
    t.strictSame(stored()?.[1], sealed?.[0], 'an import leaves it')
    t.match(await works(), { answer: { amount: '12.50' } })

    const history = await ask('GET', `${url}/history`)
    t.match(history.text, '(secret)')
    const all = [
      ...[history.text, read.text, made.text, text, lines.join('\n'), inspect(directory.picture(), { depth: 9 })],
      ...[(await ask('GET', '/api/v1/directory/forms')).text, (await ask('GET', '/api/v1/calls/call-1/forms')).text],
      ...[(await ask('GET', '/api/v1/add-ins')).text, patched.text, back.text],
    ]
    for (const each of all) t.notMatch(each, /hunter2|another-secret/)
    const shown = [...all.slice(0, 4), ...all.slice(6)].join('')
    for (const { value = 'none' } of stored() ?? []) t.notOk(shown.includes(value), 'nor what it is sealed to')

    const now = await ask('GET', url)
    await ask('PATCH', url, { secrets: [] }, { ...bearer, 'if-match': now.etag })
    t.match(await works(), { code: 'lookup.no-secret' })
  },
)

t.test('what was sealed for one secret, or for one form, opens for no other', async (t) => {
  const { ask, as, furnish, directory, make } = await bench(t)
  await furnish()
  await make('forms', {
    ...FORM,
    name: 'others',
    secrets: [{ name: 'database_connection_string', value: 'of-others' }],
  })
  const theirs = directory.picture().entries.forms.get('others')?.body.secrets[0]?.value ?? ''
  const { db } = directory
  const body = JSON.stringify({
    ...directory.picture().entries.forms.get('orders')?.body,
    secrets: [{ name: 'database_connection_string', value: theirs }],
  })
  await db.updateTable('forms').set({ body }).where('name', '=', 'orders').execute()
  await db
    .updateTable('meta')
    .set((eb) => ({ value: eb('value', '+', 1) }))
    .where('name', '=', 'generation')
    .execute()
  await directory.refresh()
  t.match(await ask('POST', LOOKUP, { values: { order: '4711' } }, await as('ann')), {
    status: 409,
    json: { code: 'lookup.no-secret' },
  })
})
