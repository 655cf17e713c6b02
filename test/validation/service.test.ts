import { generateKeyPairSync } from 'node:crypto'
import { request } from 'node:https'
import { connect } from 'node:tls'
import { CompactEncrypt } from 'jose'
import t from 'tap'
import { makeDevelopmentCertificates } from '../../src/demo/certificate.ts'
import type { Counts } from '../../src/validation/ledger.ts'
import { startValidationService } from '../../src/validation/service.ts'

const certificates = await makeDevelopmentCertificates(Date.now())
const { publicKey, privateKey } = generateKeyPairSync('x25519')
let counts: Counts | undefined
const { server, port } = await startValidationService({
  address: '127.0.0.1',
  port: 0,
  certificate: certificates.certificate,
  key: certificates.key,
  sealingKey: privateKey,
  cardName: 'credit card',
  onReply: (_fields, _accepted, now) => {
    counts = now
  },
})
t.teardown(() => server.close())

type Got = { readonly status: number; readonly text: string; readonly headers: Record<string, unknown> } | string
type Sent = {
  readonly body: string | Buffer
  readonly type?: string
  readonly key?: string
  readonly method?: string
  readonly ca?: string | undefined
}
let keys = 0

function post({ body, type = 'text/xml', key = `key-${keys++}`, method = 'POST', ...rest }: Sent): Promise<Got> {
  const ca = 'ca' in rest ? rest.ca : certificates.authority
  return new Promise((resolve) => {
    const headers = { 'content-type': type, ...(key === '' ? {} : { 'idempotency-key': key }) }
    const options = {
      host: '127.0.0.1',
      port,
      method,
      agent: false,
      headers,
      ...(ca === undefined ? {} : { ca }),
    } as const
    const sent = request(options, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString('utf8')
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }))
    })
    sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
    sent.end(body)
  })
}

const xml = (card: string, more = '') =>
  `<?xml version="1.0" encoding='UTF-8' ?>\n<params>\n${more}<param name="credit card" value="${card}" />\n</params>\n`
const json = (card: string, transactionId = 'T-1') =>
  JSON.stringify({ transactionId, submission: 1, items: [{ name: 'credit card', value: card }] })
const sealed = (card: string, header = 'T-1') =>
  new CompactEncrypt(Buffer.from(json(card)))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', transactionId: header })
    .encrypt(publicKey)

const cards: readonly [string, string, 'accepted' | 'declined'][] = [
  ['a published test card', '4111111111111111', 'accepted'],
  ['the test card that stands for a refusal', '4000000000000002', 'declined'],
  ['any other number, however valid', '4242424242424242', 'declined'],
  ['no number', '', 'declined'],
]
for (const [what, card, value] of cards) {
  t.test(`${what} is ${value} in every format`, async (t) => {
    t.match(await post({ body: xml(card) }), { status: 200, text: `value="${value}"` })
    t.match(await post({ body: json(card), type: 'application/json' }), { status: 200, text: `"value":"${value}"` })
    const body = await sealed(card)
    t.match(await post({ body, type: 'application/jose' }), { status: 200, text: `"value":"${value}"` })
  })
}

t.test('a request that comes again gets the same outcome, and no second charge', async (t) => {
  const first = await post({ body: json('4111111111111111'), type: 'application/json', key: 'again' })
  const before = counts
  const second = await post({ body: json('4111111111111111'), type: 'application/json', key: 'again' })
  t.ok(typeof first !== 'string' && typeof second !== 'string' && first.text === second.text && first.status === 200)
  t.match(counts, { charges: before?.charges, repeated: (before?.repeated ?? 0) + 1 })
  t.match(second, { headers: { charges: String(before?.charges) } })
  t.match(await post({ body: json('5555555555554444'), type: 'application/json', key: 'again' }), { status: 422 })
  const body = await sealed('4111111111111111')
  t.match(await post({ body, type: 'application/jose', key: 'again' }), { status: 200 }, 'sealed anew, it is the same')
})

const refused: readonly [string, Sent, number][] = [
  ['no key', { body: xml('4111111111111111'), key: '' }, 400],
  ['another method', { body: '', method: 'GET' }, 405],
  ['another media type', { body: xml('4111111111111111'), type: 'text/plain' }, 415],
  ['too large a body', { body: 'x'.repeat(20_000) }, 413],
  ['JSON as XML', { body: json('4111111111111111') }, 400],
  ['XML without its declaration', { body: xml('4111111111111111').replace(/^.*\n/, '') }, 400],
  ['XML that was cut off', { body: xml('4111111111111111').slice(0, -3) }, 400],
  ['a document type', { body: xml('4111111111111111').replace('<params>', '<!DOCTYPE a><params>') }, 400],
  ['an entity of its own', { body: xml('&card;') }, 400],
  ['no UTF-8', { body: Buffer.from(xml('\xff'), 'latin1') }, 400],
  ['JSON with a member too many', { body: json('4').replace('{', '{"a":1,'), type: 'application/json' }, 400],
  ['what was not sealed', { body: json('4111111111111111'), type: 'application/jose' }, 400],
]
for (const [what, sent, status] of refused) {
  t.test(`${what} is refused with ${status}`, async (t) => {
    const before = counts
    t.match(await post(sent), { status, text: '' })
    t.match(counts, { refused: (before?.refused ?? 0) + 1, charges: before?.charges })
  })
}

t.test('two Host headers and TRACE are refused', async (t) => {
  const statusOf = (head: string, body = '') =>
    new Promise<string>((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', ca: certificates.authority, servername: 'localhost' }, () => {
        socket.write(`${head}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
      })
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk
      })
      socket.on('close', () => resolve(text.split(' ')[1] ?? ''))
    })
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\nIdempotency-Key: hosts'
  t.equal(await statusOf(`${head}\r\nHost: b`, xml('4111111111111111')), '400')
  t.equal(await statusOf(head, xml('4111111111111111')), '200')
  t.equal(await statusOf('TRACE / HTTP/1.1\r\nHost: a'), '405')
})

t.test('a sealed request under another header is refused', async (t) => {
  t.match(await post({ body: await sealed('4111111111111111', 'T-2'), type: 'application/jose' }), { status: 400 })
})

t.test('names and values are decoded', async (t) => {
  const more = '<param name="a &quot;b&quot;" value="&lt;&amp;&gt;&apos; ü" />\n'
  t.match(await post({ body: xml('4111111111111111', more) }), { status: 200 })
})

t.test('it answers to whoever trusts its authority, and to nobody else', async (t) => {
  t.equal(await post({ body: xml('4111111111111111'), ca: undefined }), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')
})
