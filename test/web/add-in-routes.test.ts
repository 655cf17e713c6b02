/** The API for add-ins, and the files and the page of their frames. */

import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createAddIns } from '../../src/add-ins/index.ts'
import type { Calls } from '../../src/call/index.ts'
import { buildServer, type WebOptions } from '../../src/web/server.ts'
import { addInSettings, putAddIn, SCRIPT } from '../add-ins/add-in-folders.ts'
import { ONE_FORM, pictureOf, RIGHTS_OF_AGENTS } from '../peers/pictures.ts'
import { PASSWORD } from '../people/crew.ts'
import { callView } from './call-views.ts'
import { checkedServer } from './checked-server.ts'
import { bearer, webBench } from './web-bench.ts'

async function bench(t: Test, options: Partial<WebOptions> = {}, folder: string = t.testdir({ add: {} })) {
  const root = join(folder, 'add')
  putAddIn(root, { title: 'Orders & <more>' })
  const addIns = createAddIns({
    settings: () => addInSettings(root),
    wallMs: () => 1_800_000_000_000,
    log: { info: () => undefined, warn: () => undefined },
  })
  await addIns.load()
  const b = webBench({ addIns, ...options })
  const as = async (name: string) => {
    await b.withPassword(name)
    const outcome = await b.people.logIn({ name, password: PASSWORD, address: '127.0.0.1' })
    if (!outcome.ok) throw new Error(outcome.code)
    return { cookie: `sotto=${outcome.loggedIn.cookie}`, 'sotto-request': '1' }
  }
  return { ...b, as, root, addIns, app: checkedServer(b.options), files: buildServer(b.options) }
}

t.test('add-ins are listed with how they do, and loaded anew by an administrator alone', async (t) => {
  const { app, root, as, noted } = await bench(t)
  const listed = await app.inject({ url: '/api/v1/add-ins', headers: bearer })
  t.strictSame(listed.json(), {
    addIns: [
      {
        ...{ name: 'order-lookup', version: '1.0.0', title: 'Orders & <more>', attributes: ['caller'] },
        ...{ lookups: ['order'], state: 'loaded', problems: [], loadedAt: '2027-01-15T08:00:00.000Z', forms: [] },
        health: { count: 0, failed: 0 },
      },
    ],
  })
  putAddIn(root, { version: '2' })
  const load = (headers: object) => app.inject({ method: 'POST', url: '/api/v1/add-ins/load', headers: { ...headers } })
  t.equal((await load({})).statusCode, 401)
  t.equal((await load(await as('ann'))).statusCode, 403, 'an agent may not')
  const root1 = await as('root')
  t.equal((await load({ cookie: root1.cookie })).statusCode, 403, 'nor another site')
  const loaded = await load(root1)
  t.match(loaded.json(), {
    addIns: [{ state: 'refused', version: '1.0.0', problems: [{ file: 'add-in.json', place: 'version' }] }],
  })
  t.match(noted.at(-1), { type: 'add-ins-loaded', succeeded: 'yes' })
  t.equal((await app.inject({ url: '/api/v1/add-ins', headers: await as('ann') })).statusCode, 403)
})

t.test('files are served out of memory, by name and version, and nothing else is', async (t) => {
  const { files, addIns, root } = await bench(t)
  const at = (path: string, headers: object = {}) => files.inject({ url: path, headers: { ...headers } })
  const script = await at('/add-ins/order-lookup/1.0.0/order-lookup.js')
  t.equal(script.body, SCRIPT)
  t.match(script.headers, {
    'content-type': 'text/javascript; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'cross-origin',
    'cache-control': 'no-cache',
  })
  const etag = String(script.headers.etag)
  t.equal((await at('/add-ins/order-lookup/1.0.0/order-lookup.js', { 'if-none-match': etag })).statusCode, 304)
  t.match((await at('/add-ins/order-lookup/1.0.0/order-lookup.css')).headers, { 'content-type': /^text\/css/ })
  for (const path of [
    '/add-ins/order-lookup/1.0.1/order-lookup.js',
    '/add-ins/order-lookup/1.0.0/add-in.json',
    '/add-ins/order-lookup/1.0.0/..%2fadd-in.json',
    '/add-ins/order-lookup/1.0.0/%2e%2e%2f%2e%2e%2fpackage.json',
    '/add-ins/order-lookup/1.0.0/../../../package.json',
    '/add-ins/..%2forder-lookup/1.0.0/order-lookup.js',
    '/add-ins/order-lookup/1.0.0/order-lookup.js%00.css',
    '/add-ins/order-lookup/1.0.0/',
    '/add-ins/order-lookup/1.0.0/__proto__',
    '/add-ins/__proto__/1.0.0/frame',
    '/add-ins/constructor/undefined/frame',
    '/add-ins/other-lookup/1.0.0/frame',
  ])
    t.equal((await at(path)).statusCode, 404, path)
  putAddIn(root, { version: '1.2.0' })
  await addIns.load()
  t.equal((await at('/add-ins/order-lookup/1.0.0/order-lookup.js')).statusCode, 404, 'the version before has gone')
  t.equal((await at('/add-ins/order-lookup/1.2.0/order-lookup.js')).statusCode, 200)
})

t.test('the page of a frame has no origin and reaches nothing but its own files', async (t) => {
  const { files } = await bench(t, { embedders: ['https://crm.example.com', 'null'] })
  const url = '/add-ins/order-lookup/1.0.0/frame'
  const page = await files.inject({ url, headers: { host: 'desk.example.com:8443' } })
  t.equal(page.statusCode, 200)
  t.match(page.headers['content-type'], /^text\/html/)
  t.match(page.body, '<title>Orders &#38; &#60;more&#62;</title>')
  t.match(page.body, '<meta name="sotto-add-in" content="order-lookup">')
  const scripts = [...page.body.matchAll(/<script src="([^"]+)"/g)].map(([, src]) => src)
  t.strictSame(scripts, ['/add-in/frame.js', '/add-ins/order-lookup/1.0.0/order-lookup.js'], 'ours comes first')
  const folder = 'http://desk.example.com:8443/add-ins/order-lookup/1.0.0/'
  t.strictSame(String(page.headers['content-security-policy']).split('; '), [
    'sandbox allow-scripts',
    "default-src 'none'",
    `script-src http://desk.example.com:8443/add-in/frame.js ${folder}`,
    `style-src ${folder}`,
    `img-src data: ${folder}`,
    "connect-src 'none'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'self' https://crm.example.com",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ])
  for (const host of ["x; script-src * 'unsafe-inline'", 'a b', 'a,b', 'x/../y', '"x"'])
    t.equal((await files.inject({ url, headers: { host } })).statusCode, 400, host)
})

const FORMS = {
  plain: { title: 'Order', flow: 'pin-check' },
  orders: {
    ...{ type: 'custom', component: 'order-lookup', title: 'Order', flow: 'pin-check', notes: 'not for agents' },
    attributes: [
      { name: 'Shop', value: 'Vienna' },
      { name: 'caller', value: 'somebody else' },
    ],
  },
  gone: { type: 'custom', component: 'gone-lookup', title: 'Gone', flow: 'pin-check' },
}

/** A directory whose agent may choose all of the forms. */
function withForms(): Pick<WebOptions, 'directory' | 'calls'> {
  const picture = pictureOf({
    ...ONE_FORM,
    forms: FORMS,
    workgroups: { payments: { members: ['amy'], forms: Object.keys(FORMS), rights: RIGHTS_OF_AGENTS } },
  })
  return {
    directory: { ...webBench().options.directory, picture: () => picture },
    calls: {
      ...webBench().options.calls,
      get: (callId: string) => (callId === 'call-1' ? { ...callView(callId, 'agent'), from: '+43 1 234' } : undefined),
    } as unknown as Calls,
  }
}

t.test(
  'a custom form of a call says who draws it and what he is given: of the call what he asks for, and no more',
  async (t) => {
    const { app } = await bench(t, withForms())
    const answer = await app.inject({ url: '/api/v1/calls/call-1/forms', headers: bearer })
    const [plain, orders, gone] = answer.json().forms
    t.notOk('addIn' in plain)
    t.strictSame(orders.addIn, {
      ...{ name: 'order-lookup', version: '1.0.0' },
      parameters: { Shop: 'Vienna', caller: '+43 1 234' },
    })
    t.notMatch(answer.body, /not for agents|somebody else/)
    t.match(gone.addIn, { missing: /No add-in/ })
    const listed = await app.inject({ url: '/api/v1/add-ins', headers: bearer })
    t.match(listed.json().addIns, [{ name: 'order-lookup', forms: ['orders'] }])
  },
)
