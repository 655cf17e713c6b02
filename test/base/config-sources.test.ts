import fc from 'fast-check'
import t from 'tap'
import { configSchema } from '../../src/base/config-schema.ts'
import {
  overlayEnvironment,
  readYaml,
  type SchemaNode,
  type Source,
  variableOf,
} from '../../src/base/config-sources.ts'

const schema = configSchema as object as SchemaNode

function overlaid(
  env: Record<string, string>,
  text = '',
  read: (path: string) => string | undefined = () => undefined,
): Source {
  const source = readYaml(text, schema)
  overlayEnvironment(source, env, schema, read)
  return source
}

t.test('YAML values that the schema wants as text are taken as written', async (t) => {
  const text =
    'routes:\n  - {number: +4930123, to: {phone: 0123}}\n  - {number: 1e3, to: {phone: true}}\n  - {number: "100", to: {phone: 0x10}}\nphones:\n  - {account: null, password: 007}\nmedia:\n  codecs:'
  t.strictSame(readYaml(text, schema).tree, {
    routes: [
      { number: '+4930123', to: { phone: '0123' } },
      { number: '1e3', to: { phone: 'true' } },
      { number: '100', to: { phone: '0x10' } },
    ],
    phones: [{ password: '007' }],
    media: {},
  })
})

t.test('lines', async (t) => {
  const { origins } = readYaml(
    '# a comment\nsip:\n  listeners:\n    - transport: udp\n      port: 1\n\n    - transport: tcp\n',
    schema,
  )
  const rows = [
    ['sip', 2],
    ['sip.listeners', 3],
    ['sip.listeners[0]', 4],
    ['sip.listeners[0].port', 5],
    ['sip.listeners[1].transport', 7],
  ] as const
  for (const [key, line] of rows) t.strictSame(origins.get(key), { line }, key)
})

t.test('YAML that is none', async (t) => {
  const rows: readonly [string, string, number | undefined][] = [
    ['an open quote, told at its end', 'sip:\n  realm: "x\n', 3],
    ['a key twice', 'sip: {}\nsip: {}', 2],
    ['a list at the top', '- a', 1],
    ['text at the top', 'sotto', 1],
    ['a tab', 'sip:\n\trealm: x', 2],
    ['an unknown alias', 'sip: *nowhere', 1],
    ['two documents', 'sip: {}\n---\nsip: {}', 2],
  ]
  for (const [name, text, line] of rows) {
    const { problems, tree } = readYaml(text, schema)
    t.ok(problems.length > 0, name)
    t.equal(problems[0]?.line, line, `${name}: its line`)
    t.strictSame(tree, {}, name)
  }
  t.strictSame(readYaml('', schema).problems, [])
  t.strictSame(readYaml('# nothing', schema).problems, [])
})

t.test('aliases work, and cannot multiply', async (t) => {
  t.strictSame(readYaml('sip: {listeners: [&a {transport: udp}, *a]}', schema).tree, {
    sip: { listeners: [{ transport: 'udp' }, { transport: 'udp' }] },
  })
  const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let level = 1; level < 12; level++)
    bomb.push(
      `a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(', ')}]`,
    )
  t.ok(readYaml(bomb.join('\n'), schema).problems.length > 0)
  t.doesNotThrow(() => readYaml('sip: &a {x: *a}', schema))
})

t.test('the environment', async (t) => {
  const rows: readonly [name: string, value: string, tree: unknown][] = [
    ['SOTTO_SIP_REALM', 'x', { sip: { realm: 'x' } }],
    ['SOTTO_MEDIA_PORT_MIN', '4000', { media: { portMin: 4000 } }],
    ['SOTTO_MEDIA_PORT_MIN', '4e3', { media: { portMin: '4e3' } }],
    ['SOTTO_SECURE_INPUT_ENABLED', 'false', { secureInput: { enabled: false } }],
    ['SOTTO_SECURE_INPUT_ENABLED', 'no', { secureInput: { enabled: 'no' } }],
    ['SOTTO_SECURE_INPUT_VALIDATION_CA_FILE', 'a.pem', { secureInput: { validation: { caFile: 'a.pem' } } }],
    ['SOTTO_PHONES_0_HA1_SHA256', 'a', { phones: [{ ha1Sha256: 'a' }] }],
    ['SOTTO_MEDIA_CODECS', 'PCMA,PCMU', { media: { codecs: ['PCMA', 'PCMU'] } }],
    ['SOTTO_MEDIA_CODECS_0', 'PCMA', { media: { codecs: ['PCMA', 'PCMA', 'PCMU'] } }],
    [
      'SOTTO_SIP_LISTENERS_0_PORT',
      '5070',
      {
        sip: {
          listeners: [
            { transport: 'udp', address: '127.0.0.1', port: 5070 },
            { transport: 'tcp', address: '127.0.0.1', port: 5060 },
          ],
        },
      },
    ],
    ['SOTTO_DRAIN_SECONDS', '', {}],
    ['SOTTO_CONFIG', '/etc/sotto.yaml', {}],
    ['PATH', '/bin', {}],
  ]
  for (const [name, value, tree] of rows) {
    const source = overlaid({ [name]: value })
    t.strictSame(source.problems, [], name)
    t.strictSame(source.tree, tree, `${name}=${value}`)
  }
  const ten = Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`SOTTO_PHONES_${at}_ACCOUNT`, `p${at}`]))
  t.equal((overlaid(ten).tree as { phones: unknown[] }).phones.length, 11, 'element 10 comes after element 9')
  t.strictSame(
    overlaid({ SOTTO_PHONES_1_ACCOUNT: 'b' }, 'phones: [{account: a}]').tree,
    { phones: [{ account: 'a' }, { account: 'b' }] },
    'a list of the file goes on',
  )
  t.strictSame(overlaid({ SOTTO_SIP_REALM: 'x' }).origins.get('sip.realm'), { variable: 'SOTTO_SIP_REALM' })
})

t.test('what the environment cannot say', async (t) => {
  const rows: readonly [name: string, says: RegExp, advice: RegExp][] = [
    ['SOTTO_SIP_RELAM', /No key/, /SOTTO_SIP_REALM/],
    ['SOTTO_ZZZZZZZZZZZZZZZZZZZZZZZZZZ', /No key/, /CONFIG\.md/],
    ['SOTTO_SIP', /No key/, /./],
    ['SOTTO_PHONES', /No key/, /./],
    ['SOTTO_PHONES_0', /No key/, /./],
    ['SOTTO_PHONES_1_ACCOUNT', /gap/, /from 0/],
    ['SOTTO_PHONES_99999_ACCOUNT', /No key/, /./],
    ['SOTTO___PROTO___X', /No key/, /./],
    ['SOTTO_PHONES_0_PASSWORD_FILE', /cannot be read/, /path/],
  ]
  for (const [name, says, advice] of rows) {
    const { problems, tree } = overlaid({ [name]: 'x' })
    t.match(problems, [{ variable: name, says, advice }], name)
    t.strictSame(name.includes('_1_') ? {} : tree, {}, name)
  }
})

t.test(
  'what Kubernetes says of a service called sotto is nothing of ours, and a port that somebody meant is',
  async (t) => {
    const links = {
      SOTTO_SERVICE_HOST: '10.0.0.1',
      SOTTO_SERVICE_PORT: '8080',
      SOTTO_SERVICE_PORT_API: '8080',
      SOTTO_PORT: 'tcp://10.0.0.1:8080',
      SOTTO_PORT_5060_UDP: 'udp://10.0.0.1:5060',
      SOTTO_PORT_8080_TCP_ADDR: '10.0.0.1',
    }
    t.match(overlaid(links), { tree: {}, problems: [] })
    t.equal(overlaid(links).problems.length, 0)
    for (const [name, value] of [
      ['SOTTO_PORT', '8080'],
      ['SOTTO_SERVICE', 'x'],
      ['SOTTO_PORT_MIN', '20000'],
    ] as const)
      t.match(overlaid({ [name]: value }).problems, [{ says: 'No key has this name.', variable: name }])
  },
)

t.test('values in files', async (t) => {
  const files: Record<string, string> = { '/run/secrets/a': 'sesame\n', '/run/secrets/b': 'two\nlines' }
  const read = (path: string) => files[path]
  t.strictSame(
    overlaid({ SOTTO_PHONES_0_PASSWORD_FILE: '/run/secrets/a' }, '', read).tree,
    { phones: [{ password: 'sesame' }] },
    'one line end is taken off',
  )
  t.strictSame(overlaid({ SOTTO_SIP_REALM_FILE: '/run/secrets/b' }, '', read).tree, { sip: { realm: 'two\nlines' } })
  t.strictSame(
    overlaid({ SOTTO_HTTP_TLS_CERT_FILE: '/run/secrets/a' }, '', read).tree,
    { http: { tls: { certFile: '/run/secrets/a' } } },
    'a key that ends so is itself',
  )
})

t.test('every key has a variable of its own', async (t) => {
  const seen = new Set<string>()
  const visit = (node: SchemaNode, path: (string | number)[]): void => {
    for (const [name, child] of Object.entries(node.properties ?? {})) visit(child, [...path, name])
    if (node.items?.properties !== undefined) visit(node.items, [...path, 0])
    if (node.properties !== undefined || node.items?.properties !== undefined) return
    const variable = variableOf(path)
    t.notOk(seen.has(variable), variable)
    seen.add(variable)
    const numeric = node.type === 'integer' ? '1' : 'x'
    t.strictSame(overlaid({ [variable]: numeric }).problems, [], variable)
  }
  visit(schema, [])
  t.ok(seen.size > 50)
})

t.test('any text gives a tree or problems, never a throw', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) =>
      Array.isArray(readYaml(text, schema).problems),
    ),
    { numRuns: 500 },
  )
  const pieces = fc.array(
    fc.constantFrom(
      'sip',
      ':',
      ' ',
      '\n',
      '- ',
      '{',
      '}',
      '[',
      ']',
      '&a',
      '*a',
      '"',
      '? ',
      '!!binary x',
      '|',
      '<<',
      'listeners',
      '1',
      '#',
      '%',
      '---\n',
    ),
    { maxLength: 30 },
  )
  fc.assert(
    fc.property(pieces, (parts) => Array.isArray(readYaml(parts.join(''), schema).problems)),
    { numRuns: 1500 },
  )
  t.pass('nothing was thrown')
})
