/** The contract test itself: the reference service and a service of the old days pass it; each way of doing it wrong is found and named. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { validationServe } from '../../src/cli/validation-serve.ts'
import { type ValidationTestInput, validationTest } from '../../src/cli/validation-test.ts'
import { startPureConnectService } from '../peers/pure-connect-service.ts'
import { ACCEPTED, startValidationPeer, type ValidationBehaviour } from '../peers/validation-peer.ts'

const folder = mkdtempSync(join(tmpdir(), 'sotto-contract-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const caFile = join(folder, 'ca.pem')
let runs = 0

async function run(change: Partial<ValidationTestInput>) {
  const lines: string[] = []
  const input: ValidationTestInput = {
    url: '',
    caFile,
    format: 'xml',
    publicKeyFile: undefined,
    reply: 'strict',
    serverName: undefined,
    clientCertFile: undefined,
    clientKeyFile: undefined,
    timeoutSeconds: 20,
    cardName: 'credit card',
    accepted: '4012888888881881',
    declined: undefined,
    runId: `run-${runs++}`,
    nowMs: () => performance.now(),
    ...change,
  }
  const exit = await validationTest(input, (line) => lines.push(line))
  return { exit, lines, failed: lines.filter((line) => line.startsWith('FAIL')) }
}

t.test('the reference service passes in every format', async (t) => {
  const said: string[] = []
  const serving = await validationServe(
    {
      address: '127.0.0.1',
      port: 0,
      folder: join(folder, 'made'),
      certFile: undefined,
      keyFile: undefined,
      sealingKeyFile: undefined,
      cardName: 'credit card',
      wallMs: Date.now(),
    },
    (line) => said.push(line),
  )
  if (typeof serving === 'number') throw new Error(said.join('\n'))
  t.teardown(() => serving.close())
  const at = {
    url: `https://127.0.0.1:${serving.port}/`,
    caFile: join(folder, 'made', 'authority.pem'),
    publicKeyFile: join(folder, 'made', 'sealing-public.pem'),
    declined: '4000000000000002',
  }
  for (const format of ['xml', 'json', 'sealed'] as const) {
    const { exit, lines, failed } = await run({ ...at, format })
    t.equal(exit, 0, format)
    t.same(failed, [])
    t.match(lines.join('\n'), /not charged again \(0 more charges\)/)
  }
  const later = said.slice(said.findIndex((line) => line.includes('counts only')) + 1)
  t.ok(later.length > 40, `${later.length} lines`)
  const shape = /^requests \d+: accepted \d+, declined \d+, repeated \d+, refused \d+; charges \d+$/
  t.same(
    later.filter((line) => !shape.test(line)),
    [],
    'it says counts, and nothing else',
  )
})

t.test("a service that was written from the source's two examples passes", async (t) => {
  const service = await startPureConnectService()
  t.teardown(() => service.close())
  writeFileSync(caFile, service.authority)
  const { exit, lines, failed } = await run({ url: `https://127.0.0.1:${service.port}/validate.asp` })
  t.same(failed, [])
  t.equal(exit, 0)
  t.match(lines.join('\n'), /not to be seen: no header "Charges"/)
})

const wrong: readonly [
  what: string,
  behaviour: ValidationBehaviour,
  document: string | undefined,
  fails: readonly RegExp[],
][] = [
  ['no declaration', 'accept', '<outcome value="accepted" details="a"/>', [/XML declaration/]],
  ['a word of its own', 'accept', ACCEPTED.replace('"accepted"', '"approved"'), [/source's example/]],
  ['a pipe', 'accept', ACCEPTED.replace('good', 'good|A-1'), [/no \|/]],
  ['the number in the details', 'accept', ACCEPTED.replace('good', '4012888888881881'), [/repeat the card number/]],
  [
    'accepting everything',
    'accept',
    undefined,
    [/wrong check digit/, /without a card number/, /no document/, /cut off/, /entity/, /empty body/, /GET/],
  ],
  ['redirecting', 'redirect', undefined, [/status 200/, /source's example/]],
  ['failing', 'status-500', undefined, [/status 200/]],
]
for (const [what, behaviour, document, fails] of wrong) {
  t.test(`a service that does it wrong: ${what}`, async (t) => {
    const peer = await startValidationPeer()
    t.teardown(() => peer.close())
    writeFileSync(caFile, peer.authority)
    peer.behave(behaviour, document)
    const { exit, lines, failed } = await run({ url: `https://127.0.0.1:${peer.port}/` })
    t.equal(exit, 1)
    for (const row of fails)
      t.ok(
        failed.some((line) => row.test(line)),
        `${row}: ${failed.join('; ')}`,
      )
    t.ok(/^ {6}[A-Z]/.test(lines[lines.findIndex((line) => line.startsWith('FAIL')) + 1] ?? ''), 'with advice')
    t.notMatch(
      peer.requests.map(({ body }) => body.toString()).join(),
      /\b(?!4012888888881881|4012888888881882|4000000000000002|378282246310005)\d{13,19}\b/,
      'only test cards were sent',
    )
  })
}

t.test('a service that knows no request again is found by the charges that it counts', async (t) => {
  const peer = await startValidationPeer()
  t.teardown(() => peer.close())
  writeFileSync(caFile, peer.authority)
  peer.behave('count-charges')
  const { failed } = await run({ url: `https://127.0.0.1:${peer.port}/` })
  t.ok(
    failed.some((line) => /not charged again \(1 more charges\)/.test(line)),
    failed.join('; '),
  )
})

t.test('a service that cannot be reached or trusted: one row, with advice', async (t) => {
  const rows = [
    ['good', {}, undefined],
    ['expired', {}, /renewed/],
    ['wrong-name', {}, /serverName/],
    ['self-signed', {}, /caFile/],
  ] as const
  for (const [certificate, change, advice] of rows) {
    const peer = await startValidationPeer({ certificate })
    writeFileSync(caFile, peer.authority)
    const { exit, lines } = await run({ url: `https://127.0.0.1:${peer.port}/`, ...change })
    await peer.close()
    t.equal(exit, 1, certificate)
    if (advice !== undefined) {
      t.equal(lines.length, 3, certificate)
      t.match(lines[1], advice)
    }
  }
  const peer = await startValidationPeer()
  await peer.close()
  t.match(await run({ url: `https://127.0.0.1:${peer.port}/` }), {
    exit: 1,
    lines: [/FAIL .*ECONNREFUSED/, /firewall/],
  })
})

t.test('arguments that are wrong', async (t) => {
  const rows: readonly Partial<ValidationTestInput>[] = [
    { url: 'http://127.0.0.1/' },
    { url: 'nothing' },
    { url: 'https://127.0.0.1/', caFile: join(folder, 'none.pem') },
    { url: 'https://127.0.0.1/', accepted: '4242424242424242' },
    { url: 'https://127.0.0.1/', format: 'sealed' },
    { url: 'https://127.0.0.1/', clientCertFile: caFile },
  ]
  for (const row of rows) t.match(await run(row), { exit: 2, lines: [/\.$/] })
})
