import t from 'tap'
import { Entry } from '../../src/vault/entry.ts'
import { BODY_MAX, escapeAttribute, planFlaw, prepareRequest } from '../../src/vault/request.ts'
import { planFor } from './bench.ts'
import { partsOf } from './plans.ts'
import { keyInto } from './spans.ts'

const plan = planFor({ validationPort: 8443, authority: '', transactionId: 'T-1' })
const [card] = plan.fields
if (card === undefined) throw new Error('no field')

function bodyOf(of: typeof plan, ...fields: readonly string[]): string {
  const entry = new Entry()
  keyInto(entry, ...fields)
  const out = Buffer.alloc(BODY_MAX)
  const request = prepareRequest(of, partsOf(of), 1)
  const known = request.bodySize(entry)
  const size = request.writeBody(entry, out)
  entry.close()
  t.equal(size, known, 'the size is known before')
  return out.toString('utf8', 0, size)
}

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

const amounts: readonly [keyed: string, decimals: number, sent: string][] = [
  ['1455', 2, '14.55'],
  ['0001455', 2, '14.55'],
  ['100', 2, '1.00'],
  ['55', 2, '0.55'],
  ['5', 2, '0.05'],
  ['0', 2, '0.00'],
  ['1455', 3, '1.455'],
  ['1455', 1, '145.5'],
  ['0001455', 0, '1455'],
  ['0', 0, '0'],
]
for (const [keyed, decimals, sent] of amounts) {
  t.test(`an amount keyed as ${keyed} with ${decimals} decimals is sent as ${sent}`, async (t) => {
    const entry = new Entry()
    keyInto(entry, keyed)
    const out = Buffer.alloc(BODY_MAX)
    const request = prepareRequest(plan, [{ name: 'sum', field: 0, decimals }], 1)
    const known = request.bodySize(entry)
    t.equal(request.writeBody(entry, out), known)
    t.match(out.toString('utf8', 0, known), `<param name="sum" value="${sent}" />`)
    entry.close()
  })
}

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
})
