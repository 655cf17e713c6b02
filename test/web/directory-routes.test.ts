/** The API of the directory on a real store, from the first user to who may start a session. */

import type { InjectOptions } from 'fastify'
import t, { type Test } from 'tap'
import { createLog } from '../../src/base/log.ts'
import type { Calls } from '../../src/call/index.ts'
import { versionsIn } from '../../src/directory/index.ts'
import { openFlowFolder } from '../../src/flow/index.ts'
import { engineOf, quickFolder } from '../directory/engines.ts'
import { checkedServer } from './checked-server.ts'
import { TOKEN, webBench } from './web-bench.ts'

const CARD = '4111 1111 1111 1111'
const ENTRIES = '/api/v1/directory'

async function api(t: Test) {
  const engine = engineOf(t, 'SQLite', { file: `${quickFolder(t)}/d.sqlite` })
  const directory = await engine.open()
  const lines: string[] = []
  const calls = {
    subscribe: () => () => undefined,
    get: (callId: string) => (callId === 'call-1' ? { callId, agentLeg: { account: 'agent' } } : undefined),
  } as unknown as Calls
  const { options } = webBench({
    calls,
    directory,
    flowFiles: openFlowFolder({ folder: 'flows' }),
    flows: openFlowFolder({ folder: 'flows', shelf: () => versionsIn(directory.picture()) }),
    log: createLog({ level: 'debug', write: (line) => lines.push(line), wallMs: () => 0, process: 'control' }),
  })
  const app = checkedServer(options)
  const ask = async (
    method: InjectOptions['method'] & string,
    url: string,
    body?: object,
    headers: Record<string, string> = {},
  ) => {
    const response = await app.inject({
      method,
      url: `${ENTRIES}${url}`,
      headers: { authorization: `Bearer ${TOKEN}`, ...headers },
      ...(body === undefined ? {} : { payload: body }),
    })
    const json = response.body === '' ? undefined : response.json()
    return { status: response.statusCode, json, etag: String(response.headers.etag ?? ''), headers: response.headers }
  }
  return { ask, app, lines, directory, engine }
}

t.test('an entry is made, read, replaced, patched and removed, each time in the revision that was read', async (t) => {
  const { ask } = await api(t)
  const made = await ask('POST', '/users', { name: 'amy', displayName: 'Amy' })
  t.match(made, { status: 201, json: { name: 'amy', revision: 1, displayName: 'Amy', disabled: false } })
  t.equal(made.headers.location, `${ENTRIES}/users/amy`)
  t.match(await ask('POST', '/users', { name: 'amy' }), { status: 409, json: { code: 'directory.name-taken' } })
  const read = await ask('GET', '/users/amy')
  t.equal(read.etag, made.etag)
  t.equal((await ask('GET', '/users/amy', undefined, { 'if-none-match': read.etag })).status, 304)

  const blind = await ask('PUT', '/users/amy', { displayName: 'B' })
  t.match(blind, { status: 428, json: { code: 'directory.no-precondition' } })
  const match = { 'if-match': read.etag }
  // What was read may be sent back whole.
  const put = await ask('PUT', '/users/amy', { ...read.json, displayName: 'Amy B', phone: 'agent' }, match)
  t.match(put, { status: 200, json: { revision: 2, displayName: 'Amy B', phone: 'agent' } })
  const late = await ask('PATCH', '/users/amy', { displayName: 'C' }, match)
  t.match(late, { status: 412, json: { code: 'directory.changed-meanwhile' } })
  const patched = await ask('PATCH', '/users/amy', { phone: null, disabled: true }, { 'if-match': put.etag })
  t.match(patched, { status: 200, json: { revision: 3, disabled: true, displayName: 'Amy B' } })
  t.notOk('phone' in patched.json)
  t.equal((await ask('DELETE', '/users/amy', undefined, { 'if-match': put.etag })).status, 412)
  t.equal((await ask('DELETE', '/users/amy', undefined, { 'if-match': patched.etag })).status, 204)
  t.match(await ask('GET', '/users/amy'), { status: 404, json: { code: 'directory.not-found' } })

  const again = await ask('POST', '/users', { name: 'amy' })
  t.not(again.etag, made.etag, 'the first revision of another entry is not that of the one that has gone')
  const history = await ask('GET', '/users/amy/history?limit=3')
  t.match(history.json, {
    next: 3,
    changes: [
      { action: 'created', revision: 1, by: 'desk' },
      { action: 'removed', revision: 4 },
      { action: 'changed', revision: 3, difference: { disabled: { from: false, to: true }, phone: { from: 'agent' } } },
    ],
  })
})

t.test('lists come in pages, in the order of names, and can be searched', async (t) => {
  const { ask, directory } = await api(t)
  await directory.change('x', () => ({
    changes: Array.from({ length: 7 }, (_, at) => ({
      kind: 'users',
      name: `user-${at}`,
      body: { displayName: at === 3 ? 'Ünal' : '', disabled: false, administrator: false, rights: {} },
    })),
  }))
  const names: string[] = []
  let next: string | undefined = ''
  while (next !== undefined) {
    const page: { json: { entries: { name: string }[]; next?: string } } = await ask(
      'GET',
      `/users?limit=3&after=${next}`,
    )
    names.push(...page.json.entries.map(({ name }) => name))
    next = page.json.next
  }
  t.same(
    names,
    Array.from({ length: 7 }, (_, at) => `user-${at}`),
  )
  t.match((await ask('GET', '/users?search=%C3%BCnal')).json, { entries: [{ name: 'user-3' }] })
  for (const query of ['limit=0', 'limit=1001', 'limit=x', 'other=1'])
    t.equal((await ask('GET', `/users?${query}`)).status, 400, query)
})

t.test('what is not right is refused with its place, and changes nothing', async (t) => {
  const { ask, app, lines, directory } = await api(t)
  await ask('POST', '/users', { name: 'bob', phone: 'second' })
  const form = { name: 'order', flow: 'card-payment' }
  const rows: [string, string, object, string | undefined][] = [
    ['a member that nobody knows', '/users', { name: 'amy', colour: 'red' }, 'colour'],
    ['a value of another type', '/users', { name: 'amy', disabled: 'yes' }, 'disabled'],
    ['a name with a space', '/users', { name: 'a b' }, 'name'],
    ['a right that nobody knows', '/users', { name: 'amy', rights: { everything: 'allow' } }, 'rights.everything'],
    ['an effect that is none', '/users', { name: 'amy', rights: { 'secure-input:view': 'maybe' } }, undefined],
    ['the phone of another user', '/users', { name: 'amy', phone: 'second' }, undefined],
    ['a card number in a name', '/users', { name: 'amy', displayName: CARD }, 'displayName'],
    ['a card number in the notes', '/forms', { ...form, notes: `call ${CARD}` }, 'notes'],
    ['a card number in an attribute', '/forms', { ...form, attributes: [{ name: 'x', value: CARD }] }, undefined],
    ['a flow that is not published', '/forms', { ...form, flow: 'nothing' }, 'forms.order.flow'],
    ['no flow', '/forms', { name: 'order' }, 'flow'],
    ['two fields of one id', '/forms', { ...form, fields: [{ id: 'a' }, { id: 'a' }] }, undefined],
    ['choices without a choice', '/forms', { ...form, fields: [{ id: 'a', choices: ['x'] }] }, undefined],
    ['a custom form without component', '/forms', { ...form, type: 'custom' }, 'forms.order.component'],
    ['a member that is no user', '/workgroups', { name: 'g', members: ['nobody'] }, 'workgroups.g.members[0]'],
    ['a form that is none', '/workgroups', { name: 'g', forms: ['nothing'] }, 'workgroups.g.forms[0]'],
  ]
  const { generation } = directory.picture()
  for (const [sentence, path, body, key] of rows) {
    const refused = await ask('POST', path, body)
    t.match(refused, { status: 422, json: { code: 'directory.not-valid' } }, sentence)
    t.notMatch(JSON.stringify(refused.json), /4111/, `${sentence}: nothing of it comes back`)
    if (key !== undefined)
      t.ok(
        refused.json.problems.some((problem: { key: string }) => problem.key === key),
        `${sentence}: ${key}`,
      )
  }
  for (const payload of ['[]', '"x"', '{', 'null', '{"displayName":"no name"}']) {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
    const refused = await app.inject({ method: 'POST', url: `${ENTRIES}/users`, headers, payload })
    t.equal(refused.statusCode, 400, payload)
  }
  t.equal(directory.picture().generation, generation)
  t.notMatch(lines.join(''), /4111/, 'nor does it stand in the log')
})

t.test('what others refer to stays', async (t) => {
  const { ask } = await api(t)
  const amy = await ask('POST', '/users', { name: 'amy' })
  const form = await ask('POST', '/forms', { name: 'order', flow: 'card-payment' })
  await ask('POST', '/workgroups', { name: 'payments', members: ['amy'], forms: ['order'] })
  const user = await ask('DELETE', '/users/amy', undefined, { 'if-match': amy.etag })
  t.match(user, {
    status: 409,
    json: { code: 'directory.referred-to', problems: [{ key: 'workgroups.payments.members[0]' }] },
  })
  t.equal((await ask('DELETE', '/forms/order', undefined, { 'if-match': form.etag })).status, 409)
})

t.test('a request that comes again under its key is carried out once', async (t) => {
  const { ask, directory } = await api(t)
  const key = { 'idempotency-key': 'request-1' }
  const first = await ask('POST', '/users', { name: 'amy' }, key)
  const again = await ask('POST', '/users', { name: 'amy' }, key)
  t.same([first.status, again.status], [201, 201])
  t.equal(again.etag, first.etag)
  t.equal(directory.picture().generation, 1)
  const other = await ask('POST', '/users', { name: 'bob' }, key)
  t.match(other, { status: 422, json: { code: 'directory.key-taken' } })
  const refused = await ask('POST', '/users', { name: 'a b' }, { 'idempotency-key': 'request-2' })
  t.equal(refused.status, 422)
  t.equal(
    (await ask('POST', '/users', { name: 'bob' }, { 'idempotency-key': 'request-2' })).status,
    201,
    'a refusal keeps no key',
  )
})

t.test('the texts of a form may stand in several languages, and its agent gets them in his', async (t) => {
  const { ask, app } = await api(t)
  const form = {
    name: 'order',
    flow: 'card-payment',
    title: { en: 'Order', de: 'Bestellung', 'pt-BR': 'Pedido' },
    description: { fr: 'Une commande' },
    displayName: 'Order',
    fields: [{ id: 'no', displayName: { en: 'Number', de: 'Nummer' } }],
  }
  t.match(await ask('POST', '/forms', form), { status: 201, json: { title: form.title, displayName: 'Order' } })
  t.match((await ask('GET', '/forms?search=order')).json.entries, [{ name: 'order' }])
  for (const [title, key] of [
    [{ 'not a tag': 'x' }, 'title'],
    [{}, 'title'],
    [{ en: 'x'.repeat(129) }, 'title'],
    [['x'], 'title'],
    [{ en: '4111 1111 1111 1111' }, 'title.en'],
  ] as const) {
    const refused = await ask('POST', '/forms', { ...form, name: 'other', title })
    t.match(refused, { status: 422, json: { problems: [{ key, advice: /\w/ }] } }, JSON.stringify(title).slice(0, 40))
  }
  await ask('POST', '/users', { name: 'amy', phone: 'agent' })
  const rights = { 'secure-input:view': 'allow', 'secure-input:start': 'allow' }
  const group = { name: 'payments', members: ['amy'], forms: ['order'], rights }
  t.equal((await ask('POST', '/workgroups', { ...group, language: 'Deutsch!' })).status, 422)
  t.match(await ask('POST', '/workgroups', { ...group, language: 'de' }), { status: 201, json: { language: 'de' } })
  const shown = async (query: string, accepted?: string) => {
    const headers = { authorization: `Bearer ${TOKEN}`, ...(accepted && { 'accept-language': accepted }) }
    const { forms } = (await app.inject({ url: `/api/v1/calls/call-1/forms${query}`, headers })).json()
    const [{ title, description, displayName, fields }] = forms
    return [title, description, displayName, fields[0].displayName].join(', ')
  }
  t.equal(await shown(''), 'Order, Une commande, Order, Number')
  t.equal(await shown('?language=de-AT'), 'Bestellung, Une commande, Order, Nummer')
  t.equal(await shown('', 'xx, en;q=0.5, de-CH;q=0.9'), 'Bestellung, Une commande, Order, Nummer')
  t.equal(await shown('?language=pt', 'de'), 'Pedido, Une commande, Order, Nummer')
})

t.test('gate by gate a form gets to the agent of a call', async (t) => {
  const { ask, app } = await api(t)
  const forms = async () => {
    const headers = { authorization: `Bearer ${TOKEN}` }
    return (await app.inject({ method: 'GET', url: '/api/v1/calls/call-1/forms', headers })).json()
  }
  const closed = async () =>
    (await forms()).gates.flatMap((gate: { open: boolean; gate: string; whyNot?: { code: string; gate: string } }) =>
      gate.open ? [] : [`${gate.gate}: ${gate.whyNot?.code}`],
    )
  t.match(await forms(), { inCharge: false, gates: [{ open: true }, { open: true }, { open: true }, { open: true }] })
  const group = await ask('POST', '/workgroups', { name: 'payments' })
  t.same(await closed(), ['form: secure.no-form', 'workgroup: secure.unknown-agent', 'right: secure.unknown-agent'])
  await ask('POST', '/forms', {
    name: 'order',
    flow: 'card-payment',
    title: 'Order',
    notes: 'for us',
    fields: [{ id: 'no' }],
  })
  const amy = await ask('POST', '/users', { name: 'amy', phone: 'agent' })
  t.same(await closed(), ['workgroup: secure.form-not-assigned', 'right: secure.no-right'])
  const members = await ask(
    'PATCH',
    '/workgroups/payments',
    { members: ['amy'], forms: ['order'] },
    { 'if-match': group.etag },
  )
  t.same(await closed(), ['right: secure.no-right'])
  const rights = { 'secure-input:view': 'allow', 'secure-input:start': 'allow' }
  await ask('PATCH', '/workgroups/payments', { rights }, { 'if-match': members.etag })
  t.match(await forms(), {
    inCharge: true,
    agent: 'amy',
    forms: [{ name: 'order', title: 'Order', fields: [{ id: 'no' }] }],
  })
  t.notMatch(JSON.stringify(await forms()), /for us/, 'notes are not for agents')
  await ask('PATCH', '/users/amy', { rights: { 'secure-input:start': 'deny' } }, { 'if-match': amy.etag })
  t.same(await closed(), ['right: secure.no-right'])
  t.match(await ask('GET', '/users/amy/rights'), {
    json: {
      workgroups: ['payments'],
      rights: [
        { right: 'secure-input:view', allowed: true, from: [{ of: 'workgroup', name: 'payments', effect: 'allow' }] },
        { right: 'secure-input:start', allowed: false, reason: 'denied', from: [{ of: 'user' }, { of: 'workgroup' }] },
      ],
    },
  })
})

t.test('a flow is published into the store as the next version, and sessions take it like one of a file', async (t) => {
  const { ask, app, directory } = await api(t)
  const call = async (method: 'GET' | 'POST', url: string, payload?: object) => {
    const headers = { authorization: `Bearer ${TOKEN}` }
    const response = await app.inject({ method, url: `/api/v1/flows${url}`, headers, ...(payload && { payload }) })
    return { status: response.statusCode, json: response.body === '' ? undefined : response.json() }
  }
  const files = (await call('GET', '/pin-check')).json.versions.length
  const text: string = (await call('GET', '/pin-check/versions/1')).json.text
  const changed = text.replace(/^title:.*$/m, 'title: Changed')
  const version = files + 1
  t.match(await call('POST', '/pin-check/versions', { text: changed }), {
    status: 201,
    json: { id: 'pin-check', version },
  })
  t.match(await call('POST', '/pin-check/versions', { text: changed }), { status: 200, json: { version } })
  t.match((await call('GET', '/pin-check')).json, {
    title: 'Changed',
    versions: [{ version, from: 'store' }, { from: 'folder' }],
  })
  t.equal((await call('GET', `/pin-check/versions/${version}`)).json.text, changed)
  const form = await ask('POST', '/forms', { name: 'pin', flow: `pin-check@${version}` })
  t.equal(form.status, 201, 'a form may take it')
  for (const [sentence, given] of [
    ['another id', changed.replace('id: pin-check', 'id: other')],
    ['no flow', 'steps: 1'],
    ['a card number', changed.replace('title: Changed', 'title: 4111111111111111')],
  ] as const) {
    const refused = await call('POST', '/pin-check/versions', { text: given })
    t.match(refused, { status: 422, json: { code: 'flow.not-valid' } }, sentence)
    t.notMatch(JSON.stringify(refused.json), /4111/, sentence)
  }
  t.equal((await call('POST', `/pin-check/versions/${version}/retire`)).status, 204)
  t.match((await call('GET', '/pin-check')).json.versions[0], { version, state: 'retired' })
  t.match(await call('POST', '/pin-check/versions', { text: changed }), { status: 201, json: { version: version + 1 } })
  const [change] = await directory.history({ kind: 'flows', name: `pin-check@${version}`, skip: 0, limit: 1 })
  t.match(change, { by: 'desk', difference: { retired: { from: false, to: true } } })
})

t.test('schemas and counts are told', async (t) => {
  const { ask } = await api(t)
  t.match((await ask('GET', '/schemas')).json, {
    forms: { properties: { flow: { type: 'string' } }, additionalProperties: false },
  })
  t.match((await ask('GET', '')).json, {
    generation: 0,
    inCharge: false,
    counts: { users: 0, workgroups: 0, forms: 0 },
  })
})
