import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { type ConfigCheckInput, configCheck } from '../../src/cli/config-check.ts'
import { makeAuthority } from '../peers/authority.ts'
import { openssl, rsa } from '../record/recording-keys.ts'

async function said(input: Partial<ConfigCheckInput>, files: Record<string, string> = {}) {
  const lines: string[] = []
  const exit = await configCheck({ env: {}, read: (path) => files[path], nowMs: Date.now(), ...input }, (line) =>
    lines.push(line),
  )
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
    { file: '/etc/sotto.yaml', shippedFolder: '/opt', access: (path) => (there.has(path) ? 'open' : 'none') },
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

t.test('the client certificate is tried with its key', async (t) => {
  const authority = makeAuthority()
  t.teardown(() => authority.close())
  const [one, other] = [authority.issue(['DNS:one.example']), authority.issue(['DNS:other.example'])]
  const text = 'secureInput: {validation: {clientCertFile: /c.pem, clientKeyFile: /k.pem}}'
  const checked = (key: string) =>
    said({ file: 'sotto.yaml' }, { 'sotto.yaml': text, '/c.pem': one.certificate, '/k.pem': key })
  t.match(await checked(one.key), { exit: 0 })
  const wrong = [
    /^sotto\.yaml: secureInput\.validation\.clientCertFile: TLS cannot use this certificate with the key/,
    '1 mistake',
  ]
  t.match(await checked(other.key), { exit: 1, lines: wrong }, 'of another pair')
  t.match(await checked('nothing'), { exit: 1, lines: wrong }, 'no key at all')
  t.match(await checked(''), { exit: 1, lines: wrong }, 'an empty file')
})

t.test('a certificate of the HTTP interface that is an empty file is told', async (t) => {
  const text = 'http: {tls: {certFile: /c.pem, keyFile: /k.pem}}'
  const files = { 'sotto.yaml': text, '/c.pem': '', '/k.pem': '' }
  const wrong = /^sotto\.yaml: http\.tls: The certificate or its key cannot be used/
  t.match(await said({ file: 'sotto.yaml', access: () => 'open' }, files), { exit: 1, lines: [wrong, '1 mistake'] })
})

t.test('certificates of recordings are read', async (t) => {
  const keys = openssl()
  t.teardown(() => keys.close())
  const good = keys.selfSigned('good').certificate
  const file = '/etc/sotto.yaml'
  const checked = (certificates: readonly string[], nowMs = Date.now()) =>
    said(
      { file, nowMs, access: () => 'open' },
      {
        [file]: `recording: {calls: all, certificates: [${certificates.map((_, i) => `c${i}.pem`).join(', ')}]}`,
        ...Object.fromEntries(certificates.flatMap((text, i) => (text === '' ? [] : [[`/etc/c${i}.pem`, text]]))),
      },
    )
  t.match(await checked([good]), { exit: 0 })
  const weak = keys.selfSigned('weak', rsa(1024)).certificate
  const bad = await checked([good, weak, '', keys.read('good.key'), 'nothing'])
  t.equal(bad.exit, 1)
  t.strictSame(bad.lines, [
    `${file}: recording.certificates[1]: The RSA key of the certificate is too weak. Make a certificate with an RSA key of 3072 bits; 2048 bits is the least that is taken.`,
    `${file}: recording.certificates[2]: A certificate of recordings cannot be read. Put the file of recording.certificates there, and let Sotto read it.`,
    `${file}: recording.certificates[3]: This is a private key, where a certificate belongs. Give the certificate alone, and take the private key off this machine: who has it can open every recording, and sealing needs it never.`,
    `${file}: recording.certificates[4]: There is no certificate here that can be read. Give an X.509 certificate in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----; "openssl x509 -in FILE" writes one from most others.`,
    '4 mistakes',
  ])
  t.match(await checked([good], Date.now() + 60 * 86_400_000), { exit: 1, lines: [/has expired/, '1 mistake'] })
})
