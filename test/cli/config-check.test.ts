import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { type ConfigCheckInput, configCheck } from '../../src/cli/config-check.ts'

async function said(input: Partial<ConfigCheckInput>, files: Record<string, string> = {}) {
  const lines: string[] = []
  const exit = await configCheck({ env: {}, read: (path) => files[path], ...input }, (line) => lines.push(line))
  return { exit, lines }
}

t.test('a good file', async (t) => {
  const files = { 'sotto.yaml': 'phones: [{account: a, password: x}]' }
  t.strictSame(await said({ file: 'sotto.yaml' }, files), {
    exit: 0,
    lines: ['sotto.yaml: good (phones 1, trunks 0, routes 0)'],
  })
})

t.test('no file', async (t) => {
  t.match(await said({}), { exit: 0, lines: [/sample configuration on loopback: good/] })
  t.match(await said({ env: { SOTTO_PHONES_0_ACCOUNT: 'a', SOTTO_PHONES_0_PASSWORD: 'x' } }), {
    exit: 0,
    lines: [/^the environment: good/],
  })
})

t.test('a file that cannot be read', async (t) => {
  t.match(await said({ file: 'none.yaml' }), { exit: 2, lines: [/^none\.yaml: .*cannot be read/] })
})

t.test('mistakes are told with line, key and what to do', async (t) => {
  const files = { 'sotto.yaml': 'sip:\n  relam: x\nphones:\n  - {account: a}\n' }
  t.strictSame(await said({ file: 'sotto.yaml' }, files), {
    exit: 1,
    lines: ['sotto.yaml:2: sip.relam: This key is not known. Did you mean "realm"?', '1 mistake'],
  })
  const variable = await said(
    { file: 'sotto.yaml', env: { SOTTO_SIP_RELAM: 'x', SOTTO_LOG_LEVEL: 'y' } },
    { 'sotto.yaml': '' },
  )
  t.strictSame(variable, {
    exit: 1,
    lines: ['SOTTO_SIP_RELAM: No key has this name. Did you mean SOTTO_SIP_REALM?', '1 mistake'],
  })
})

t.test('paths are looked at when they can be', async (t) => {
  const files = {
    '/etc/sotto.yaml': 'secureInput: {validation: {caFile: ca.pem}}\nhttp: {tls: {certFile: c.pem, keyFile: k.pem}}',
  }
  const there = new Set(['/opt/media/hold-music.wav', '/etc/k.pem'])
  const { exit, lines } = await said(
    { file: '/etc/sotto.yaml', shippedFolder: '/opt', exists: (path) => there.has(path) },
    files,
  )
  t.equal(exit, 1)
  t.strictSame(
    lines.map((line) => line.split(': ')[1]),
    ['secureInput.promptsFolder', 'secureInput.validation.caFile', 'http.tls.certFile', undefined],
  )
})

t.test('the key to seal with is read', async (t) => {
  const text = 'secureInput: {validation: {format: sealed, publicKeyFile: /k.pem}}'
  const checked = (key: string) => said({ file: 'sotto.yaml' }, { 'sotto.yaml': text, '/k.pem': key })
  t.match(await checked('nothing'), { exit: 1, lines: [/publicKeyFile: This is no public key/, '1 mistake'] })
  const { publicKey } = generateKeyPairSync('x25519')
  t.match(await checked(publicKey.export({ type: 'spki', format: 'pem' }).toString()), { exit: 0 })
})
