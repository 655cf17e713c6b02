/** Lookups against a real service over TLS: what is sent, what comes back, and everything that such a service can do wrong. */

import { writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createAddIns } from '../../src/add-ins/index.ts'
import { octetsHoldCard } from '../../src/add-ins/lookup-answer.ts'
import { Fault } from '../../src/base/fault.ts'
import { until } from '../../src/demo/waiting.ts'
import { json, startLookupService } from '../peers/lookup-service.ts'
import { addInSettings, putAddIn } from './add-in-folders.ts'

const SECRET = 'Server=orders;Password=hunter2'
const CARD = '4111111111111111'
/** Of the answer that goes wrong in a way of its own: by the number of the order. */
const WRONG: Readonly<Record<string, Parameters<typeof startLookupService>[1][string]>> = {
  '/orders/garbage': (_, response) => void response.end('<html>no'),
  '/orders/list': json(['12.50']),
  '/orders/nested': json({ amount: { value: 1 } }),
  '/orders/truth': json({ amount: true }),
  '/orders/long-text': json({ amount: 'x'.repeat(1025) }),
  '/orders/bytes': (_, response) => void response.end(Buffer.from([0x7b, 0xff, 0xfe, 0x7d])),
  '/orders/echo': json({ amount: `Bearer ${SECRET}` }),
  '/orders/card': json({ amount: `paid with ${CARD}` }),
  '/orders/card-aside': json({ amount: '1', paidWith: '4111 1111 1111 1111' }),
  '/orders/card-number': (_, response) => void response.end(`{"amount": ${CARD}}`),
  '/orders/card-escaped': (_, response) => void response.end('{"amount": "\\u0034111111111111111"}'),
  '/orders/card-arabic': json({ amount: '٤١١١١١١١١١١١١١١١' }),
  '/orders/huge': (_, response) => void response.end(JSON.stringify({ amount: '1', pad: 'x'.repeat(70_000) })),
  '/orders/endless': (request, response) => {
    const more = () => {
      while (!request.socket.destroyed && response.write(' '.repeat(8192)));
    }
    response.on('drain', more)
    more()
  },
  '/orders/slow': (_, response) => {
    response.write(`{"amount":"12.50","pad":"${'x'.repeat(30_000)}`)
    setTimeout(() => response.end(`${'y'.repeat(20_000)}","address":"Ring 1"}`), 50)
  },
  '/orders/hang': () => undefined,
  '/orders/drip': (request, response) => {
    const drop = setInterval(() => (request.socket.destroyed ? clearInterval(drop) : response.write(' ')), 20)
  },
  '/orders/cut': (request, response) =>
    void response.writeHead(200, { 'content-length': 100 }).write('{', () => request.socket.destroy()),
  '/orders/moved': (_, response) => void response.writeHead(302, { location: '/orders/4711' }).end(),
  '/orders/away': (_, response) => void response.writeHead(307, { location: 'http://169.254.169.254/' }).end(),
  '/orders/forbidden': (_, response) => void response.writeHead(401).end(SECRET),
  '/orders/broken': (_, response) => void response.writeHead(500).end(),
  '/orders/packed': (_, response) => void response.setHeader('content-encoding', 'gzip').end(Buffer.from([0x1f, 0x8b])),
}

async function bench(
  t: Test,
  more: { names?: string[]; validity?: 'expired'; trusts?: boolean; timeoutMs?: number; answers?: typeof WRONG } = {},
) {
  const service = await startLookupService(
    t,
    {
      '/orders/4711': json({ amount: '12.50', total: 3.5, address: null, owner: 'not wanted' }),
      ...WRONG,
      ...more.answers,
    },
    more.names,
    more.validity,
  )
  const root = t.testdir({ add: {} })
  const caFile = join(root, 'ca.pem')
  writeFileSync(caFile, service.authority)
  putAddIn(join(root, 'add'), {
    lookups: {
      order: {
        url: `${service.origin}/orders/{order}`,
        headers: { Authorization: 'Bearer {secret:database connection}', 'X-Shop': 'vienna' },
        answer: ['amount', 'total', 'address', 'constructor'],
        timeoutMs: more.timeoutMs ?? 5000,
      },
    },
  })
  const settings = {
    ...addInSettings(join(root, 'add'), {
      allowHosts: ['127.0.0.1'],
      caFile: more.trusts === false ? undefined : caFile,
    }),
  }
  const state = { settings }
  const addIns = createAddIns({
    settings: () => state.settings,
    wallMs: () => 1_800_000_000_000,
    log: { info: () => undefined, warn: () => undefined },
  })
  await addIns.load()
  const lookUp = (order: string, secret: string | undefined = SECRET, callId = 'call-1') =>
    addIns.lookUp({ callId, addIn: 'order-lookup', lookup: 'order', values: { order }, secretOf: () => secret })
  /** @returns the code of the fault, which holds nothing that it should not. */
  const codeOf = async (asked: Promise<unknown>): Promise<string> => {
    try {
      return `answered ${JSON.stringify(await asked)}`
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown
      const told = JSON.stringify([thrown.message, thrown.detail, thrown.row])
      if (/hunter2|Server=|orders\/|4111|1111|127\.0\.0\.1/.test(told)) throw new Error(`it tells too much: ${told}`)
      return thrown.code
    }
  }
  return { ...service, addIns, lookUp, codeOf, state, settings }
}

t.test('the service is asked with the secret, and the form gets what the manifest names', async (t) => {
  const { lookUp, asked, addIns } = await bench(t)
  t.strictSame(await lookUp('4711'), { amount: '12.50', total: 3.5 })
  t.strictSame(await lookUp('slow'), { amount: '12.50', address: 'Ring 1' }, 'in several pieces')
  t.match(asked, [{ url: '/orders/4711', headers: { authorization: `Bearer ${SECRET}`, 'x-shop': 'vienna' } }])
  t.match(asked[0]?.headers, { accept: 'application/json', 'accept-encoding': 'identity' })
  t.strictSame(addIns.health('order-lookup'), { count: 2, failed: 0, lastProblem: undefined })
})

t.test('whatever the service does wrong is a fault of its own, and never an answer', async (t) => {
  const { lookUp, codeOf, addIns, asked } = await bench(t)
  const rows: readonly (readonly [string, string])[] = [
    ...['garbage', 'list', 'nested', 'truth', 'long-text', 'bytes', 'echo', 'packed'].map(
      (each) => [each, 'lookup.bad-answer'] as const,
    ),
    ...['card', 'card-aside', 'card-number', 'card-escaped', 'card-arabic'].map(
      (each) => [each, 'lookup.card-in-answer'] as const,
    ),
    ...['huge', 'endless'].map((each) => [each, 'lookup.answer-too-long'] as const),
    ...['moved', 'away', 'forbidden', 'broken'].map((each) => [each, 'lookup.refused'] as const),
    ['cut', 'lookup.unreachable'],
    ['nothing', 'lookup.nothing-found'],
  ]
  for (const [order, code] of rows) t.equal(await codeOf(lookUp(order)), code, order)
  t.equal(asked.length, rows.length, 'nobody was sent elsewhere')
  const { count, failed, lastProblem } = addIns.health('order-lookup')
  t.strictSame({ count, failed }, { count: rows.length, failed: rows.length - 1 }, 'what is not there is no failure')
  t.match(lastProblem, { lookup: 'order', code: 'lookup.unreachable', atMs: 1_800_000_000_000 })
})

t.test('a service that hangs, or answers in drops, is not waited for', async (t) => {
  const { lookUp, codeOf } = await bench(t, { timeoutMs: 300 })
  t.strictSame(await Promise.all([codeOf(lookUp('hang')), codeOf(lookUp('drip'))]), ['lookup.late', 'lookup.late'])
})

t.test('to a service that is not trusted nothing is sent', async (t) => {
  for (const [what, more] of [
    ['an authority that nobody knows', { trusts: false }],
    ['another name', { names: ['DNS:elsewhere.example', 'IP:127.0.0.9'] }],
    ['a certificate that has expired', { validity: 'expired' }],
  ] as const) {
    const { lookUp, codeOf, asked } = await bench(t, {
      ...more,
      ...('names' in more ? { names: [...more.names] } : {}),
    } as object)
    t.equal(await codeOf(lookUp('4711')), 'lookup.not-trusted', what)
    t.strictSame(asked, [], what)
  }
  const { lookUp, codeOf, state, settings } = await bench(t)
  state.settings = { ...settings, lookups: { ...settings.lookups, caFile: '/nowhere/ca.pem' } }
  t.equal(await codeOf(lookUp('4711')), 'lookup.not-trusted', 'authorities that cannot be read')
})

t.test('what may not be asked is not', async (t) => {
  const { lookUp, codeOf, addIns, asked, state, settings } = await bench(t)
  t.equal(await codeOf(lookUp('..')), 'lookup.bad-value')
  t.equal(await codeOf(lookUp(CARD)), 'lookup.card-number')
  t.strictSame(addIns.health('order-lookup').count, 0, 'that is no trouble of the service')
  t.equal(
    await codeOf(lookUp('4711', undefined)),
    'answered {"amount":"12.50","total":3.5}',
    'the default of the bench',
  )
  const without = (secretOf: () => string | undefined) =>
    codeOf(
      addIns.lookUp({ callId: 'call-1', addIn: 'order-lookup', lookup: 'order', values: { order: '1' }, secretOf }),
    )
  t.equal(await without(() => undefined), 'lookup.no-secret')
  t.equal(await without(() => 'two\r\nlines'), 'lookup.no-secret')
  for (const [addIn, lookup, code] of [
    ['gone-lookup', 'order', 'lookup.no-add-in'],
    ['order-lookup', 'other', 'lookup.unknown'],
    ['order-lookup', 'constructor', 'lookup.unknown'],
  ] as const)
    t.equal(await codeOf(addIns.lookUp({ callId: 'call-1', addIn, lookup, values: {}, secretOf: () => SECRET })), code)
  // The list got shorter, and the add-in stands as it was loaded.
  state.settings = { ...settings, lookups: { ...settings.lookups, allowHosts: [] } }
  t.equal(await codeOf(lookUp('4711')), 'lookup.not-allowed')
  t.equal(asked.length, 1)
})

t.test('HTTP without TLS reaches this machine alone, where the configuration says so', async (t) => {
  const plain = createServer((_, response) => void response.end('{"amount":"1"}')).listen(0, '127.0.0.1')
  t.teardown(() => plain.close())
  await new Promise((resolve) => plain.once('listening', resolve))
  const { port } = plain.address() as AddressInfo
  const root = t.testdir({ add: {} })
  putAddIn(join(root, 'add'), {
    lookups: { order: { url: `http://127.0.0.1:${port}/{order}`, answer: ['amount'] } },
  })
  let plainLoopback = true
  const addIns = createAddIns({
    settings: () => addInSettings(join(root, 'add'), { allowHosts: ['127.0.0.1'], plainLoopback }),
    wallMs: () => 0,
    log: { info: () => undefined, warn: () => undefined },
  })
  await addIns.load()
  const ask = () =>
    addIns.lookUp({
      callId: 'call-1',
      addIn: 'order-lookup',
      lookup: 'order',
      values: { order: '1' },
      secretOf: () => undefined,
    })
  t.strictSame(await ask(), { amount: '1' })
  plainLoopback = false
  await t.rejects(ask(), { code: 'lookup.not-allowed' })
})

t.test('no more than a few wait at once, and fewer of one call', async (t) => {
  const held: ServerResponse[] = []
  const { lookUp, codeOf } = await bench(t, {
    timeoutMs: 10_000,
    answers: { '/orders/held': (_, response) => void held.push(response) },
  })
  /** Asks all at once, and has those answered that got through when they are as many. @returns how many were told that it is busy. */
  const busyOf = async (count: number, through: number, callOf: (at: number) => string) => {
    const codes = Array.from({ length: count }, (_, at) => codeOf(lookUp('held', SECRET, callOf(at))))
    await until(() => held.length === through, `${through} asked`, 10_000)
    for (const response of held.splice(0)) response.end('{"amount":"1"}')
    return (await Promise.all(codes)).filter((code) => code === 'lookup.busy').length
  }
  t.equal(await busyOf(6, 4, () => 'call-1'), 2, 'of one call')
  t.equal(await busyOf(35, 32, (at) => `call-${at}`), 3, 'of all')
  t.equal(await codeOf(lookUp('4711')), 'answered {"amount":"12.50","total":3.5}', 'and then there is room again')
})

t.test('a card number is found in octets, whole or with signs between, and not across what JSON parts', async (t) => {
  const holds = (text: string) => octetsHoldCard(Buffer.from(text))
  for (const text of [CARD, `x${CARD}x`, '4111 - 1111 - 1111 - 1111', `{"a":[${CARD}]}`, `99${CARD}99`])
    t.ok(holds(text), text)
  for (const text of [
    '',
    '4111111111111112',
    '{"a":"41111111","b":"11111111"}',
    '["41111111","11111111"]',
    '411111111111111a1',
  ])
    t.notOk(holds(text), text)
})
