import t from 'tap'
import { Entry } from '../../src/vault/entry.ts'
import { planFlaw } from '../../src/vault/plan-flaw.ts'
import { prepareRequest, type RequestPart } from '../../src/vault/request.ts'
import { BODY_MAX } from '../../src/vault/request-document.ts'
import { escapeAttribute } from '../../src/vault/request-xml.ts'
import { planFor } from './bench.ts'
import { partsOf } from './plans.ts'
import { keyInto } from './spans.ts'

const plan = planFor({ validationPort: 8443, authority: '', transactionId: 'T-1' })
const [card] = plan.fields
if (card === undefined) throw new Error('no field')

function bodyOf(of: typeof plan, ...fields: readonly string[]): string {
  return bodyOfParts(of, partsOf(of), 1, ...fields)
}

function bodyOfParts(
  of: typeof plan,
  parts: readonly RequestPart[],
  submission: number,
  ...fields: readonly string[]
): string {
  const entry = new Entry()
  keyInto(entry, ...fields)
  const out = Buffer.alloc(BODY_MAX)
  const request = prepareRequest(of, parts, submission)
  const size = request.writeBody(entry, out)
  t.equal(size, request.bodySize(entry), 'the size is known before')
  entry.close()
  return out.toString('utf8', 0, size)
}
const as = (format: 'json' | 'xml') => ({ ...plan, validation: { ...plan.validation, format } })

t.test('the document of the description, to the octet', async (t) => {
  const inserts = [
    { name: 'customer name', value: 'Joe Smith' },
    { name: 'customer account', value: '343453422' },
    { name: 'charge amount', value: '14.55' },
  ]
  t.equal(
    bodyOf({ ...plan, fields: [card], inserts }, '4012888888881881'),
    [
      `<?xml version="1.0" encoding='UTF-8' ?>`,
      '<params>',
      '<param name="customer name" value="Joe Smith" />',
      '<param name="customer account" value="343453422" />',
      '<param name="charge amount" value="14.55" />',
      '<param name="credit card" value="4012888888881881" />',
      '</params>',
      '',
    ].join('\n'),
  )
})

t.test('fields come in the order asked, empty ones too', async (t) => {
  t.equal(
    bodyOf({ ...plan, inserts: [] }, '4012888888881881', '', '123'),
    `<?xml version="1.0" encoding='UTF-8' ?>\n<params>\n<param name="credit card" value="4012888888881881" />\n<param name="expiry" value="" />\n<param name="code" value="123" />\n</params>\n`,
  )
})

t.test('items come in the order given, an IBAN with its country', async (t) => {
  const entry = new Entry()
  keyInto(entry, '123', '89370400440532013000')
  const out = Buffer.alloc(BODY_MAX)
  const parts = [
    { name: 'account', field: 1, prefix: 'DE' },
    { name: 'note', value: 'x' },
    { name: 'code', field: 0 },
  ]
  const request = prepareRequest(plan, parts, 1)
  const known = request.bodySize(entry)
  t.equal(request.writeBody(entry, out), known)
  t.equal(
    out.toString('utf8', 0, known),
    `<?xml version="1.0" encoding='UTF-8' ?>\n<params>\n<param name="account" value="DE89370400440532013000" />\n<param name="note" value="x" />\n<param name="code" value="123" />\n</params>\n`,
  )
  entry.close()
})

t.test('every submission of a session has a key of its own', async (t) => {
  const head = (submission: number) => prepareRequest(plan, [], submission).head(0).toString('latin1')
  t.match(head(1), 'Idempotency-Key: T-1\r\n')
  t.match(head(2), 'Idempotency-Key: T-1-2\r\n')
})

t.test('what XML would misread is escaped', async (t) => {
  t.equal(escapeAttribute(`a&b<c>d"e'f`), `a&amp;b&lt;c&gt;d&quot;e'f`)
  t.match(
    bodyOf({ ...plan, inserts: [{ name: 'Käufer', value: '"/><param name="x' }] }),
    /name="Käufer" value="&quot;\/&gt;&lt;param name=&quot;x" \/>/,
  )
})

t.test('the head', async (t) => {
  t.equal(
    prepareRequest(plan, [], 1).head(321).toString('latin1'),
    [
      'POST /validate HTTP/1.1',
      'Host: 127.0.0.1:8443',
      'Content-Type: text/xml; charset=UTF-8',
      'Content-Length: 321',
      'Accept: text/xml, application/xml',
      'Idempotency-Key: T-1',
      'Connection: close',
      '',
      '',
    ].join('\r\n'),
  )
  const at = (host: string, port: number) =>
    prepareRequest({ ...plan, validation: { ...plan.validation, host, port } }, [], 1)
      .head(0)
      .toString('latin1')
      .split('\r\n')[1]
  t.equal(at('pay.example', 443), 'Host: pay.example')
  t.equal(at('2001:db8::1', 8443), 'Host: [2001:db8::1]:8443')
})

t.test('the head of later submissions and of JSON', async (t) => {
  const head = prepareRequest(as('json'), [], 3).head(7).toString('latin1')
  t.match(head, '\r\nContent-Type: application/json\r\n')
  t.match(head, '\r\nAccept: application/json\r\n')
  t.match(head, '\r\nIdempotency-Key: T-1-3\r\n')
})

t.test('JSON: the transaction, the submission, and the items in their order', async (t) => {
  const inserts = [{ name: 'customer "name"', value: 'Joe \\ Smith ü' }]
  t.equal(
    bodyOfParts(as('json'), partsOf({ ...plan, inserts, fields: [card] }), 2, '4012888888881881'),
    String.raw`{"transactionId":"T-1","submission":2,"items":[{"name":"customer \"name\"","value":"Joe \\ Smith ü"},{"name":"credit card","value":"4012888888881881"}]}`,
  )
  t.equal(bodyOfParts(as('json'), [], 1), '{"transactionId":"T-1","submission":1,"items":[]}')
})

t.test('items keep the order given, whatever they are', async (t) => {
  const parts: readonly RequestPart[] = [
    { name: 'card', field: 0 },
    { name: 'note', value: '<&"\\' },
    { name: 'iban', field: 1, prefix: 'DE' },
  ]
  t.equal(
    bodyOfParts(plan, parts, 1, '4111', '0012'),
    `<?xml version="1.0" encoding='UTF-8' ?>\n<params>\n<param name="card" value="4111" />\n<param name="note" value="&lt;&amp;&quot;\\" />\n<param name="iban" value="DE0012" />\n</params>\n`,
  )
  t.same(JSON.parse(bodyOfParts(as('json'), parts, 1, '4111', '0012')).items, [
    { name: 'card', value: '4111' },
    { name: 'note', value: '<&"\\' },
    { name: 'iban', value: 'DE0012' },
  ])
})

const amounts: readonly [keyed: string, decimals: number, sent: string][] = [
  ['1455', 2, '14.55'],
  ['0001455', 2, '14.55'],
  ['5', 2, '0.05'],
  ['50', 2, '0.50'],
  ['0', 2, '0.00'],
  ['000', 2, '0.00'],
  ['100', 2, '1.00'],
  ['1455', 0, '1455'],
  ['0070', 0, '70'],
  ['0', 0, '0'],
  ['1', 3, '0.001'],
  ['12345', 3, '12.345'],
  ['', 2, ''],
]
for (const [keyed, decimals, sent] of amounts) {
  t.test(`an amount keyed as ${keyed} with ${decimals} decimals is sent as ${sent}`, async (t) => {
    const body = bodyOfParts(as('json'), [{ name: 'amount', field: 0, decimals }], 1, keyed)
    t.same(JSON.parse(body).items, [{ name: 'amount', value: sent }])
  })
}

t.test('what is wrong with a plan', async (t) => {
  const withInsert = (value: string) => ({ ...plan, inserts: [{ name: 'a', value }] })
  t.equal(planFlaw(plan), undefined)
  t.equal(planFlaw({ ...plan, fields: [] }), 'no-fields')
  t.equal(planFlaw({ ...plan, fields: [{ ...card, minKeys: 5, maxKeys: 4 }] }), 'lengths')
  t.equal(planFlaw({ ...plan, validation: { ...plan.validation, host: 'a\r\nX: b' } }), 'host')
  for (const bad of ['\n', '\r', '\t', '\0', '\x1f', '\x7f', '\u0085', '\ufffe', '\ud800']) {
    t.equal(planFlaw(withInsert(`a${bad}b`)), 'text', JSON.stringify(bad))
    t.equal(planFlaw({ ...plan, inserts: [{ name: bad, value: '' }] }), 'text', `${JSON.stringify(bad)} as a name`)
  }
  t.equal(planFlaw(withInsert('Ünï 💶')), undefined)
  t.equal(
    planFlaw({ ...plan, inserts: Array.from({ length: 20 }, () => ({ name: 'a', value: '&'.repeat(1000) })) }),
    'too-large',
  )
  const sealing = (format: 'json' | 'sealed', given: boolean) => ({
    ...plan.validation,
    format,
    ...(given ? { sealingKey: { algorithm: 'ECDH-ES', keyId: 'k', publicKey: '' } as const } : {}),
  })
  t.equal(planFlaw({ ...plan, validation: sealing('sealed', false) }), 'sealing-key')
  t.equal(planFlaw({ ...plan, validation: sealing('json', true) }), 'sealing-key')
  const long = Array.from({ length: 11 }, () => ({ name: 'a', value: 'b'.repeat(1000) }))
  t.equal(planFlaw({ ...plan, inserts: long, validation: sealing('json', false) }), undefined)
  t.equal(planFlaw({ ...plan, inserts: long, validation: sealing('sealed', true) }), 'too-large', 'a third larger')
})
