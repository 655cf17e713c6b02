/** What the administration decides by itself, without a browser: differences, two changes of one entry, places of problems, moves, rights, drawing by schema. */

import fc from 'fast-check'
import t from 'tap'
import { csvOf, EVERYTHING, type Filter, isBefore, isMeant } from '../../../pages/admin/access-log/records.ts'
import { type PlanKind, referencesAmong } from '../../../pages/admin/dial-plan/references.ts'
import {
  bringTogether,
  changedMembers,
  isTelling,
  rowOf,
  rowsBetween,
  textOf,
} from '../../../pages/admin/entries/difference.ts'
import { troublesOf } from '../../../pages/admin/entries/troubles.ts'
import { flowChoices } from '../../../pages/admin/forms/flow-choices.ts'
import { type Texts, textIn, withText } from '../../../pages/admin/forms/texts.ts'
import { moved } from '../../../pages/admin/moved.ts'
import { matrixOf, RIGHTS, resultOf } from '../../../pages/admin/rights/result.ts'
import {
  drawingOf,
  freshOf,
  labelOf,
  linesOf,
  type SchemaNode,
  withinSentence,
} from '../../../pages/admin/schema/node.ts'
import { alarmsOf, type State } from '../../../pages/admin/status/alarms.ts'
import { openedBy } from '../../../pages/admin/tokens/scopes.ts'
import { standingOf } from '../../../pages/admin/tokens/standing.ts'
import { aPasswordOf } from '../../../pages/admin/users/made-password.ts'
import { bodySchemas } from '../../../src/directory/bodies.ts'
import { effectiveRight, RIGHTS as RIGHTS_THERE } from '../../../src/directory/rights.ts'

t.test('members differ whatever their order, and say how', async (t) => {
  const before = { title: 'Order', fields: ['a', 'b'], rights: { x: 'allow', y: 'deny' }, off: false }
  const after = { title: 'Orders', fields: ['b', 'c'], rights: { y: 'deny', x: 'allow' }, off: false }
  t.strictSame(changedMembers(before, after), ['title', 'fields'])
  t.strictSame(rowsBetween(before, after), [
    { member: 'title', from: 'Order', to: 'Orders' },
    { member: 'fields', added: ['c'], removed: ['a'], isReordered: false },
  ])
  t.strictSame(rowOf('fields', ['a', 'b'], ['b', 'a']), { member: 'fields', added: [], removed: [], isReordered: true })
  t.equal(textOf({ id: 'No', required: true, choices: [] }), 'id: No; required: yes; choices: (none)')
  t.notOk(isTelling(rowOf('notes', undefined, '')), 'what was made empty says nothing')
  t.notOk(isTelling(rowOf('members', undefined, [])))
  t.ok(isTelling(rowOf('members', undefined, ['amy'])))
})

t.test('two changes of one entry come together, and nothing of either is lost but where both touched', async (t) => {
  const before = { a: 1, b: 1, c: 1, d: 1 }
  const mine = { a: 2, b: 2, c: 1, d: 2 }
  const theirs = { a: 1, b: 3, c: 3, d: 2, e: 5 }
  t.strictSame(bringTogether(before, mine, theirs, 'theirs'), { body: { a: 2, b: 3, c: 3, d: 2, e: 5 }, both: ['b'] })
  t.strictSame(bringTogether(before, mine, theirs, 'mine').body, { a: 2, b: 2, c: 3, d: 2, e: 5 })
  t.strictSame(bringTogether<Record<string, number>>({ a: 1 }, {}, { a: 1, b: 2 }, 'theirs').body, { b: 2 })
  const member = fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined })
  const body = fc.record({ a: member, b: member, c: member })
  fc.assert(
    fc.property(body, body, body, (before, mine, theirs) => {
      const { body, both } = bringTogether(before, mine, theirs, 'mine')
      for (const name of ['a', 'b', 'c'] as const) {
        const wanted = mine[name] === before[name] ? theirs[name] : mine[name]
        if (body[name] !== wanted) return false
        if (both.includes(name) && theirs[name] === before[name]) return false
      }
      return true
    }),
  )
})

t.test('what is wrong is found by its place, wherever the server found it', async (t) => {
  const problems = [
    { key: 'name', says: 'Bad.', advice: 'Better.' },
    { key: 'forms.a.b.fields[1].id', says: 'Taken.', advice: 'Another.' },
    { key: 'fields[1].id', says: 'Long.', advice: 'Shorter.' },
  ]
  const troubles = troublesOf(problems, 'forms', 'a.b')
  t.equal(troubles.at('name'), 'Bad. Better.')
  t.equal(troubles.at('fields[1].id'), 'Taken. Another. Long. Shorter.')
  t.ok(troubles.within('fields[1]'))
  t.notOk(troubles.within('fields[10]'))
  t.equal(troubles.at('fields'), undefined)
  const other = troublesOf([{ key: 'users.b.c.phone', says: 'Taken.', advice: '' }], 'users', 'a')
  t.equal(other.at('phone'), 'Taken. It is b.c.')
})

t.test('a member moves, and nothing else does', async (t) => {
  t.strictSame(moved(['a', 'b', 'c'], 0, 2), ['b', 'c', 'a'])
  t.strictSame(moved(['a', 'b', 'c'], 2, 1), ['a', 'c', 'b'])
  for (const [from, to] of [
    [0, -1],
    [2, 3],
    [3, 0],
    [-1, 1],
    [1, 1],
  ] as const)
    t.strictSame(moved(['a', 'b', 'c'], from, to), ['a', 'b', 'c'], `${from} to ${to}`)
})

t.test('rights result in what the server says', async (t) => {
  t.strictSame(
    RIGHTS.map(({ right }) => right),
    RIGHTS_THERE,
  )
  const effect = fc.option(fc.constantFrom('allow' as const, 'deny' as const), { nil: undefined })
  const grants = fc.record({ 'secure-input:view': effect, 'secure-input:start': effect })
  const given = (rights: Partial<Record<string, 'allow' | 'deny' | undefined>>) =>
    Object.fromEntries(Object.entries(rights).filter(([, each]) => each !== undefined))
  fc.assert(
    fc.property(fc.boolean(), grants, fc.array(grants, { maxLength: 4 }), (disabled, own, groups) => {
      const workgroups = groups.map((rights, at) => ({ name: `g${at}`, rights: given(rights) }))
      const holder = { name: 'amy', disabled, rights: given(own), workgroups }
      return RIGHTS_THERE.every((right) => {
        const { right: _, ...wanted } = effectiveRight(holder, right)
        return JSON.stringify(resultOf(holder, right)) === JSON.stringify(wanted)
      })
    }),
  )
  const rows = matrixOf(
    { name: 'payments', members: ['amy'], rights: { 'secure-input:start': 'allow' } },
    [
      { name: 'amy', disabled: false, rights: {} },
      { name: 'ben', disabled: false, rights: {} },
    ],
    [
      { name: 'payments', members: ['ben'], rights: { 'secure-input:start': 'deny' } },
      { name: 'others', members: ['amy'], rights: { 'secure-input:view': 'deny' } },
    ],
  )
  t.strictSame(
    rows.map(({ user, results }) => [user.name, ...results.map(({ allowed }) => allowed)]),
    [['amy', false, true]],
    'as it is being edited, with what others say',
  )
})

t.test('a schema says how a member is drawn', async (t) => {
  const kinds = Object.entries(bodySchemas.forms.properties).map(([name, node]) => [
    name,
    drawingOf(node as SchemaNode),
  ])
  t.match(Object.fromEntries(kinds), { type: 'choice', flow: 'text', fields: 'rows', notes: 'text' })
  t.equal(drawingOf({ type: 'string', secret: true }), 'secret')
  t.equal(drawingOf({ type: 'array', items: { type: 'string' } }), 'lines')
  t.equal(drawingOf({}), 'none')
  t.equal(labelOf('allowDestinations'), 'Allow destinations')
  t.equal(labelOf('ha1Sha256'), 'HA1 SHA256')
  t.equal(labelOf('largeOverTcp'), 'Large over TCP')
  t.strictSame([withinSentence('More targets'), withinSentence('TLS')], ['more targets', 'TLS'])
  t.strictSame(linesOf(' a \n\n b\n'), ['a', 'b'])
  const node: SchemaNode = {
    required: ['number', 'to', 'weight'],
    properties: {
      number: { type: 'string' },
      to: { type: 'object', properties: { phone: { type: 'string' } } },
      weight: { type: 'integer', default: 1 },
      from: { type: 'string' },
    },
  }
  t.strictSame(freshOf(node), { number: '', to: {}, weight: 1 })
})

t.test('a password that is made has twenty letters, none likelier than another', async (t) => {
  let octet = 255
  const made = aPasswordOf((count) => Uint8Array.from({ length: count }, () => octet--))
  t.match(made, /^(?:[a-z2-9]{4}-){4}[a-z2-9]{4}$/)
  t.equal(new Set(made.replaceAll('-', '')).size, 20, 'the octets above the last whole multiple are passed over')
})

t.test('flows that are published can be chosen, the newest first', async (t) => {
  const flow = (id: string, ...states: readonly string[]) => ({
    id,
    title: id.toUpperCase(),
    versions: states.map((state, at) => ({ version: at + 1, state })),
  })
  t.strictSame(
    flowChoices([flow('a', 'published', 'published', 'retired'), flow('b', 'retired'), flow('c')]).map(
      ({ value }) => value,
    ),
    ['a', 'a@2', 'a@1'],
  )
})

t.test('records are found by words, outcome and day, and exported without formulas', async (t) => {
  const event = {
    user: 'user-a',
    by: 'login',
    key: 'login-b',
    type: 'log-in',
    succeeded: 'no',
    fault: 'people.wrong-credentials',
    from: '127.0.0.1',
    resource: '/api/v1/login',
  } as const
  const sealed = { record: { number: 7, at: '2026-11-27T19:23:18.000Z', event }, signature: '-x' }
  const names = new Map([['user-a', '=amy, "a"']])
  const meant = (part: Partial<Filter>) => isMeant(sealed, { ...EVERYTHING, ...part }, names)
  t.ok(meant({}))
  t.ok(meant({ text: ' AMY', succeeded: 'no', from: '2026-11-27', to: '2026-11-27' }))
  for (const part of [{ text: 'ben' }, { succeeded: 'yes' }, { from: '2026-11-28' }, { to: '2026-11-26' }] as const)
    t.notOk(meant(part), JSON.stringify(part))
  t.ok(isBefore(sealed, { ...EVERYTHING, from: '2026-11-28' }))
  t.notOk(isBefore(sealed, { ...EVERYTHING, from: '2026-11-27' }))
  t.equal(
    csvOf([sealed], names).split('\r\n')[1],
    `7,2026-11-27T19:23:18.000Z,log-in,no,people.wrong-credentials,user-a,login,login-b,127.0.0.1,/api/v1/login,"'=amy, ""a""",'-x`,
  )
})

t.test('what a scope opens is read from the document of the API; a token that expires is said', async (t) => {
  const get = { summary: 'Calls.', 'x-requires': 'calls:read' }
  const document = { paths: { '/a': { get, post: { ...get, summary: 'More.' } }, '/b': { get, put: {} } } }
  t.strictSame([...openedBy(document)], [['calls:read', ['Calls.', 'More.']]])
  const day = 86_400_000
  t.strictSame(
    [0, 1, 13, 15].map((days) => standingOf(days * day, 0)),
    ['expired', 'soon', 'soon', 'good'],
  )
})

t.test('alarms say what somebody has to look at, the worst first', async (t) => {
  const admission = { takesCalls: true, fault: undefined, refused: 0, controlLateMs: 0 }
  const health = {
    ready: true,
    draining: false,
    calls: 0,
    vaults: 2,
    admission,
    audit: true,
    history: { available: true, waiting: 0 },
  }
  const process = {
    pid: 7,
    state: 'runs',
    portMin: 1,
    portMax: 2,
    calls: 0,
    beingReplaced: false,
    lateMs: 0,
    load: undefined,
    packetIo: undefined,
  } as const
  const well = { health, processes: [process], trunks: [], targets: [] }
  t.strictSame(alarmsOf(well), [])
  const registration = { state: 'waiting', registrar: 'sip:r', failures: 2, fault: 'sip.unreachable' } as const
  const target = { uri: 'sip:t', priority: 0, weight: 1, state: 'down', failedPings: 3, setAsideSeconds: 0 } as const
  const ill = {
    health: {
      ...health,
      ready: false,
      draining: true,
      vaults: 0,
      admission: { ...admission, takesCalls: false, fault: 'media.full' as const },
      audit: false,
      history: { available: false, waiting: 3 },
    },
    processes: [
      { ...process, state: 'late' as const },
      { ...process, state: 'waits' as const },
    ],
    trunks: [
      { name: 'a', registration: { ...registration, fault: undefined } },
      { name: 'b', registration: { ...registration, failures: 0 } },
    ],
    targets: [target],
    directoryFault: 'directory.busy',
  } as unknown as State
  const alarms = alarmsOf(ill)
  t.equal(alarms.length, 11)
  t.strictSame(alarms.map(({ level }) => level).lastIndexOf('bad'), 6)
  t.ok(alarms.every(({ advice }) => advice.length > 20))
})

t.test('what refers to a trunk or a phone is found', async (t) => {
  const routes = [
    { name: 'a', from: 'carrier', to: { phone: 'desk' } },
    { name: 'b', to: { trunk: 'carrier' } },
    { name: 'c', to: { phone: 'carrier' } },
  ]
  const users = [{ name: 'amy', phone: 'desk' }, { name: 'ben' }]
  const among = (kind: PlanKind, name: string) =>
    referencesAmong(kind, name, routes, users).map((reference) => `${reference.kind} ${reference.name}`)
  t.strictSame(among('trunks', 'carrier'), ['routes a', 'routes b'])
  t.strictSame(among('phones', 'desk'), ['routes a', 'users amy'])
  t.strictSame(among('routes', 'a'), [])
})

t.test('a text is for all languages, or one for each', async (t) => {
  t.strictSame(
    ['Order', { de: 'Auftrag', en: 'Order' }, { de: 'Auftrag' }].map((texts) => textIn(texts as Texts)),
    ['Order', 'Order', 'Auftrag'],
  )
  t.strictSame(withText('Order', 'de', 'Auftrag'), { en: 'Order', de: 'Auftrag' })
  t.strictSame(withText({ en: 'Order', de: 'x' }, 'de', ''), { en: 'Order' })
  t.strictSame(withText({ de: 'x' }, 'de', ''), { de: '' }, 'something is left to be typed in')
})
