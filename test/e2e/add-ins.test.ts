/**
 * A custom form drawn by an add-in, from its folder to the validation service: what the forms of a call give it, what it looks up, what goes along with the session. The secret of the form goes to
 * the service that is asked, and nowhere else; a card number goes nowhere at all.
 */

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { configExport, configImport } from '../../src/cli/config-transfer.ts'
import { putAddIn } from '../add-ins/add-in-folders.ts'
import { json, startLookupService } from '../peers/lookup-service.ts'
import { CANARY, startSotto } from '../peers/sotto.ts'
import { checkClean, talk } from '../peers/talk.ts'
import { startValidationPeer } from '../peers/validation-peer.ts'

t.setTimeout(180_000)

const SECRET = 'Server=orders;Password=hunter2'
/** Other published test cards than the one that is keyed: one that is typed, and one that comes back. */
const TYPED_CARD = '378282246310005'
const ANSWERED_CARD = '371449635398431'

t.test(
  'an add-in is given what it asks for, looks an order up, and its values go along with the session',
  async (t) => {
    const validation = await startValidationPeer()
    t.teardown(() => validation.close())
    const orders = await startLookupService(t, {
      '/orders/4711': json({ amount: '12.50', address: 'Ring 1', owner: 'not wanted' }),
      '/orders/card': json({ amount: ANSWERED_CARD }),
    })
    const folder = t.testdir({ add: {} })
    writeFileSync(join(folder, 'orders.pem'), orders.authority)
    const lookups = {
      order: {
        url: `${orders.origin}/orders/{order}`,
        headers: { authorization: 'Bearer {secret:database_connection_string}' },
        answer: ['amount', 'address'],
      },
    }
    putAddIn(join(folder, 'add'), { lookups })
    const sotto = await startSotto(t, {
      validationUrl: `https://127.0.0.1:${validation.port}/`,
      caText: validation.authority,
      folder,
      http: ['addInsFolder: add', 'lookups: { allowHosts: [127.0.0.1], caFile: orders.pem }'],
    })
    const answers: string[] = []
    const ask = async (method: 'GET' | 'POST', path: string, body?: object) => {
      const answer = await sotto.server.request(method, path, body)
      answers.push(JSON.stringify(answer.body))
      return answer
    }
    const make = async (kind: string, body: object) =>
      t.match(await ask('POST', `/api/v1/directory/${kind}`, body), { status: 201 }, `${kind} made`)
    t.match(await ask('GET', '/api/v1/add-ins'), { body: { addIns: [{ name: 'order-lookup', state: 'loaded' }] } })
    const form = {
      ...{ name: 'orders', type: 'custom', component: 'order-lookup', title: 'Order', flow: 'card-payment' },
      attributes: [{ name: 'shop', value: 'Vienna' }],
      secrets: [{ name: 'database_connection_string', value: SECRET }],
    }
    t.match(await ask('POST', '/api/v1/directory/forms', { ...form, component: 'gone-lookup' }), {
      status: 422,
      body: { problems: [{ key: 'forms.orders.component' }] },
    })
    await make('forms', form)
    await make('users', { name: 'amy', phone: 'agent' })
    const rights = { 'secure-input:view': 'allow', 'secure-input:start': 'allow' }
    await make('workgroups', { name: 'payments', members: ['amy'], forms: ['orders'], rights })

    const talking = await talk(t, sotto)
    const { callId } = talking
    t.match(await ask('GET', `/api/v1/calls/${callId}/forms`), {
      body: {
        forms: [
          {
            name: 'orders',
            addIn: {
              name: 'order-lookup',
              version: '1.0.0',
              parameters: { shop: 'Vienna', caller: /^\+493012345678$/ },
            },
          },
        ],
      },
    })
    const lookUp = (order: string) =>
      ask('POST', `/api/v1/calls/${callId}/forms/orders/lookups/order`, { values: { order } })
    t.match(await lookUp(TYPED_CARD), { status: 422, body: { code: 'lookup.card-number' } })
    t.match(await lookUp('card'), { status: 502, body: { code: 'lookup.card-in-answer' } })
    t.match(await lookUp('4712'), { status: 404, body: { code: 'lookup.nothing-found' } })
    const found = await lookUp('4711')
    t.strictSame(found, { status: 200, body: { answer: { amount: '12.50', address: 'Ring 1' } } })
    t.strictSame(
      orders.asked.map(({ url, headers }) => [url, headers.authorization]),
      ['/orders/card', '/orders/4712', '/orders/4711'].map((url) => [url, `Bearer ${SECRET}`]),
    )

    const twice = [
      { name: 'amount', value: '12.50' },
      { name: 'Amount', value: '0.01' },
    ]
    t.match(await sotto.startSecureSession(callId, twice), { status: 422, body: { code: 'secure.twice-in-form' } })
    const session = await talking.secure([
      { name: 'amount', value: '12.50' },
      { name: 'address', value: 'Ring 1' },
    ])
    await session.enter(CANARY)
    t.match((await session.event('secure.ended', 30_000))['outcome'], { result: 'accepted' })
    const [request] = validation.requests
    const sent = `${request?.head}${request?.body.toString('utf8')}`
    for (const item of [
      '<param name="amount" value="12.50"/>',
      'name="address" value="Ring 1"',
      'name="shop" value="Vienna"',
    ])
      t.ok(sent.replaceAll(' />', '/>').includes(item), item)

    const scope = {
      config: join(folder, 'sotto.yaml'),
      shippedFolder: new URL('../../', import.meta.url).pathname,
      env: {},
    }
    const file = join(folder, 'directory.yaml')
    const lines: string[] = []
    t.equal(await configExport(scope, file, () => undefined), 0)
    const exported = readFileSync(file, 'utf8')
    t.match(exported, '- name: database_connection_string')
    writeFileSync(file, exported.replace('component: order-lookup', 'component: gone-lookup'))
    t.equal(await configImport(scope, file, false, (line) => lines.push(line)), 2)
    t.match(lines.join('\n'), 'forms.orders.component: No add-in of this name is loaded.')
    writeFileSync(file, exported.replace('title: Order', 'title: Orders'))
    const from = sotto.events.length
    t.equal(await configImport(scope, file, false, (line) => lines.push(line)), 0)
    await sotto.event(({ type }) => type === 'directory.changed', 'the import is noticed', 10_000, from)
    t.match(await lookUp('4711'), { status: 200 }, 'an import leaves the secret as it was')

    rmSync(join(folder, 'add/order-lookup/order-lookup.js'))
    t.match(await ask('POST', '/api/v1/add-ins/load'), {
      body: {
        addIns: [
          { state: 'refused', version: '1.0.0', problems: [{ place: 'script' }], health: { count: 4, failed: 1 } },
        ],
      },
    })
    rmSync(join(folder, 'add/order-lookup'), { recursive: true })
    t.match(await ask('POST', '/api/v1/config/reload'), { status: 200 })
    t.match(await ask('GET', `/api/v1/calls/${callId}/forms`), {
      body: { forms: [{ addIn: { missing: /No add-in/ } }] },
    })
    t.match(await lookUp('4711'), { status: 409, body: { code: 'lookup.no-add-in' } })
    for (const path of ['/api/v1/directory/forms', '/api/v1/directory/forms/orders/history', `/api/v1/calls/${callId}`])
      await ask('GET', path)

    const everything = [...answers, ...lines, exported, JSON.stringify(sotto.events), sotto.log(), sent]
    for (const each of everything)
      t.notMatch(each, /hunter2/, 'the secret is in no answer, no event, no log, and not at the validation')
    await checkClean(t, sotto, CANARY, ANSWERED_CARD)
    t.strictSame(sotto.searchFiles(), [])
  },
)
