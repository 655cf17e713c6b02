import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { configDoc, exampleYaml } from '../../scripts/make-config-doc.ts'
import { type Config, type ConfigInput, type ConfigProblem, describeConfig, readConfig } from '../../src/base/config.ts'

const ROOT = join(import.meta.dirname, '..', '..')

function good(input: Partial<ConfigInput>): Config {
  const outcome = readConfig({ env: {}, ...input })
  if ('problems' in outcome) throw new Error(JSON.stringify(outcome.problems))
  return outcome.config
}
function problems(input: Partial<ConfigInput>): readonly ConfigProblem[] {
  const outcome = readConfig({ env: {}, ...input })
  return 'problems' in outcome ? outcome.problems : []
}

t.test('without a file there are two sample phones on loopback', async (t) => {
  const outcome = readConfig({ env: {} })
  t.match(outcome, {
    sample: true,
    config: {
      sip: {
        listeners: [
          { transport: 'udp', address: '127.0.0.1', port: 5060 },
          { transport: 'tcp', address: '127.0.0.1', port: 5060 },
        ],
      },
      media: { portMin: 20_000, portMax: 29_999, codecs: ['G722', 'PCMA', 'PCMU'] },
      phones: [{ account: 'alice' }, { account: 'bob' }],
      secureInput: {
        featureCode: '*71',
        firstDigitSeconds: 15,
        interDigitSeconds: 5,
        attempts: 3,
        validation: { timeoutSeconds: 10, reply: 'strict' },
      },
    },
  })
  const { phones, http } = good({})
  t.equal(phones[0]?.password?.reveal(), 'alice-on-loopback')
  t.equal(http.tokens[0]?.token.reveal(), 'token-on-loopback')
})

t.test('the sample is never open to other machines, and never mixed with an administrator’s own', async (t) => {
  t.match(problems({ env: { SOTTO_SIP_LISTENERS_0_ADDRESS: '192.0.2.1' } }), [
    { key: 'sip.listeners[0].address', variable: 'SOTTO_SIP_LISTENERS_0_ADDRESS' },
    {},
  ])
  t.match(problems({ env: { SOTTO_HTTP_ADDRESS: '::' } }), [{ key: 'http.address' }])
  t.match(problems({ env: { SOTTO_SIP_ANNOUNCED_ADDRESS: '192.0.2.1' } }), [{ key: 'sip.announcedAddress' }, {}])
  const copied =
    'sip: {listeners: [{transport: udp, address: 192.0.2.1}]}\nphones: [{account: a, password: change-me-please}]'
  t.match(
    problems({ text: copied }),
    [{ key: 'sip.listeners[0].address', line: 1 }],
    'passwords of the example file are no secrets either',
  )
  t.strictSame(good({ text: '' }).phones, [], 'an empty file has no sample')
  const own = readConfig({ env: { SOTTO_PHONES_0_ACCOUNT: 'carol', SOTTO_PHONES_0_PASSWORD: 'x' } })
  t.match(own, { sample: false, config: { phones: [{ account: 'carol' }], routes: [] } })
  t.strictSame(good({ env: { SOTTO_HTTP_PORT: '0' } }).http.tokens.length, 1, 'other keys leave the sample as it is')
})

t.test('defaults, below the file, below the environment', async (t) => {
  const text = 'sip: {realm: of-file, ringSeconds: 30}\nlog: {level: warn}'
  const config = good({ text, env: { SOTTO_SIP_REALM: 'of-environment', SOTTO_MEDIA_CODECS: 'PCMU, PCMA' } })
  t.equal(config.sip.realm, 'of-environment')
  t.equal(config.sip.ringSeconds, 30)
  t.equal(config.log.level, 'warn')
  t.equal(config.sip.nonceSeconds, 300)
  t.strictSame(config.media.codecs, ['PCMU', 'PCMA'])
})

t.test('the audit folder is beside the configuration, not among the files that come with Sotto', async (t) => {
  const folderIn = (input: Omit<ConfigInput, 'env' | 'shippedFolder'>): string | undefined => {
    const outcome = readConfig({ ...input, env: {}, shippedFolder: '/usr/lib/sotto' })
    return 'config' in outcome ? outcome.config.audit.folder : undefined
  }
  t.equal(folderIn({ text: '', fileName: '/etc/sotto/sotto.yaml' }), '/etc/sotto/var/audit')
  t.equal(folderIn({}), 'var/audit', 'without a file: where the process is')
  t.equal(folderIn({ text: 'audit: { folder: /srv/audit }', fileName: '/etc/sotto/sotto.yaml' }), '/srv/audit')
})

t.test('mistakes, where they are', async (t) => {
  const rows: readonly [name: string, text: string, expected: Partial<ConfigProblem>][] = [
    ['an unknown key', 'sip:\n  listners: []', { key: 'sip.listners', line: 2, advice: 'Did you mean "listeners"?' }],
    [
      'an unknown key like nothing',
      'zzzzzzzz: 1',
      {
        key: 'zzzzzzzz',
        line: 1,
        advice:
          'Known here: sip, media, vault, audit, history, recording, directory, people, admission, phones, workgroups, trunks, routes, emergency, secureInput, http, log, drainSeconds.',
      },
    ],
    ['a key of a list', 'phones:\n  - account: a\n    pasword: x', { key: 'phones[0].pasword', line: 3 }],
    ['a key of the language', '__proto__: {x: 1}', { key: '__proto__', line: 1 }],
    ['a missing key', 'phones:\n  - displayName: A', { key: 'phones[0].account', line: 2 }],
    [
      'a number out of range',
      'media:\n  portMin: 80',
      { key: 'media.portMin', line: 2, advice: 'Write a whole number from 1024 to 65534.' },
    ],
    ['a fraction', 'drainSeconds: 1.5', { key: 'drainSeconds', line: 1 }],
    ['-1 for off', 'drainSeconds: -1', { key: 'drainSeconds', line: 1 }],
    [
      'a word of no list',
      'log:\n  level: loud',
      { key: 'log.level', line: 2, advice: 'Write one of debug, info, warn, error.' },
    ],
    [
      'text for a flag',
      'secureInput: {enabled: "yes"}',
      { key: 'secureInput.enabled', advice: 'Write true or false.' },
    ],
    ['a list for a map', 'sip: []', { key: 'sip', line: 1, advice: 'Write a map of keys.' }],
    ['a codec twice', 'media: {codecs: [PCMA, PCMA]}', { key: 'media.codecs' }],
    ['an empty list of listeners', 'sip: {listeners: []}', { key: 'sip.listeners' }],
    [
      'a short token',
      'http: {tokens: [{name: a, token: short}]}',
      { key: 'http.tokens[0].token', advice: 'Write text of at least 16 characters.' },
    ],
    [
      'a URL with a password',
      'secureInput: {validation: {url: "https://me:secret@example.com/"}}',
      { key: 'secureInput.validation.url' },
    ],
    [
      'a URL without TLS',
      'secureInput: {validation: {url: "http://example.com/"}}',
      { key: 'secureInput.validation.url' },
    ],
  ]
  for (const [name, text, expected] of rows) {
    const found = problems({ text })
    t.equal(found.length, 1, `${name}: one problem`)
    t.match(found[0] ?? {}, expected, name)
  }
  t.equal(problems({ text: 'sip: {a: 1, b: 2}\nmedia: {c: 3}\nlog: {level: x}' }).length, 4, 'all are told at once')
})

t.test('no problem repeats a value', async (t) => {
  const texts = [
    'http: {tokens: [{name: a, token: sesame}]}',
    'phones: [{account: "ses ame", password: [sesame]}]',
    'sip: sesame',
    'sip: {realm: "sesame',
    'log: {level: sesame}',
  ]
  for (const text of texts) {
    const found = problems({ text })
    t.ok(found.length > 0, text)
    t.notMatch(JSON.stringify(found), /sesame|ses ame/, text)
  }
  t.notMatch(JSON.stringify(problems({ env: { SOTTO_MEDIA_PORT_MIN: 'sesame' } })), 'sesame')
})

t.test('paths start where they were written', async (t) => {
  const places = { fileName: '/etc/sotto/sotto.yaml', shippedFolder: '/opt/sotto' }
  const config = good({
    ...places,
    text: 'secureInput: {validation: {caFile: ca.pem, caFolder: /srv/ca}}',
    env: {
      SOTTO_SECURE_INPUT_VALIDATION_CLIENT_CERT_FILE: 'cert.pem',
      SOTTO_SECURE_INPUT_VALIDATION_CLIENT_KEY_FILE: '/k.pem',
    },
  })
  t.equal(config.media.holdMusic, '/opt/sotto/media/hold-music.wav', 'a default at Sotto’s own folder')
  t.equal(config.secureInput.promptsFolder, '/opt/sotto/prompts')
  t.match(config.secureInput.validation, {
    caFile: '/etc/sotto/ca.pem',
    caFolder: '/srv/ca',
    clientCertFile: 'cert.pem',
    clientKeyFile: '/k.pem',
  })
  t.equal(good({}).media.holdMusic, 'media/hold-music.wav', 'without folders they stay as they are')
})

t.test('the result cannot be changed, and shows no secret', async (t) => {
  const config = good({
    text: 'phones: [{account: a, password: sesame}]\ntrunks: [{name: t, addresses: [192.0.2.1], credentials: {user: u, password: sesame}}]',
  })
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || 'reveal' in value) return
    t.ok(Object.isFrozen(value))
    for (const child of Object.values(value)) visit(child)
  }
  visit(config)
  t.notMatch(describeConfig(config), 'sesame')
  t.match(describeConfig(config), '"password":"[secret]"')
  t.notMatch(describeConfig(config), '\n')
  t.equal(config.phones[0]?.password?.reveal(), 'sesame')
})

t.test(
  'docs/CONFIG.md and config.example.yaml are made from the schema: run node scripts/make-config-doc.ts',
  async (t) => {
    t.equal(readFileSync(join(ROOT, 'docs', 'CONFIG.md'), 'utf8'), configDoc())
    t.equal(readFileSync(join(ROOT, 'config.example.yaml'), 'utf8'), exampleYaml())
    t.match(
      readConfig({ text: exampleYaml(), env: {} }),
      { sample: false, config: { phones: [{ account: 'agent-1' }] } },
      'the example can be used as it is',
    )
    const open = exampleYaml().replace(/^( *)# ([a-zA-Z0-9]+): \.\.\.$/gm, '$1$2: "x"')
    t.notMatch(JSON.stringify(problems({ text: open })), 'not known', 'the keys it leaves out are keys')
  },
)
