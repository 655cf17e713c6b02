import t from 'tap'
import {
  contactsOf,
  nextLapseMs,
  noRegistrations,
  type RegisterRequest,
  type Registrations,
  stepFlowClosed,
  stepFlowFailed,
  stepLapse,
  stepRegister,
} from '../../src/sip/registrar.ts'

const limits = { contactsPerAccount: 3, minSeconds: 60, maxSeconds: 3600, defaultSeconds: 600 }
const peer = { transport: 'udp', address: '192.0.2.30', port: 5060 } as const
const T0 = 1_000_000

function register(changes: Partial<RegisterRequest> = {}): RegisterRequest {
  return {
    account: 'alice',
    callId: 'one',
    cseq: 1,
    contacts: [contact('sip:alice@192.0.2.30')],
    expiresSeconds: undefined,
    peer,
    ...changes,
  }
}
function contact(uri: string, expiresSeconds?: number, instance?: string) {
  return { uri, expiresSeconds, instance }
}
function after(...requests: RegisterRequest[]): Registrations {
  return requests.reduce((all, request) => stepRegister(all, request, limits, T0).registrations, noRegistrations())
}
function uris(all: Registrations, nowMs = T0): string[] {
  return contactsOf(all, 'alice', nowMs).map((row) => row.uri)
}

t.test('how long a contact stands', async (t) => {
  const rows: readonly [name: string, own: number | undefined, header: number | undefined, answer: unknown][] = [
    ['the usual interval', undefined, undefined, { status: 200, contacts: [{ expiresSeconds: 600 }] }],
    ['that of the header', undefined, 120, { status: 200, contacts: [{ expiresSeconds: 120 }] }],
    ['its own before that of the header', 90, 120, { status: 200, contacts: [{ expiresSeconds: 90 }] }],
    ['no longer than the longest', 86_400, undefined, { status: 200, contacts: [{ expiresSeconds: 3600 }] }],
    ['exactly the shortest', 60, undefined, { status: 200, contacts: [{ expiresSeconds: 60 }] }],
    ['too short (RFC 3261 section 10.3 step 7)', 59, undefined, { status: 423, minExpiresSeconds: 60 }],
    ['zero takes it away', 0, 600, { status: 200, contacts: [] }],
  ]
  for (const [name, own, header, answer] of rows) {
    const step = stepRegister(
      noRegistrations(),
      register({ contacts: [contact('sip:a@h', own)], expiresSeconds: header }),
      limits,
      T0,
    )
    t.match(step.answer, answer as object, name)
  }
})

t.test('a flow that broke takes its contact away, and no other', async (t) => {
  const instance = '<urn:uuid:1>'
  const tcp = { transport: 'tcp', address: '192.0.2.30', port: 40_000, listener: 1, connection: 7 } as const
  const all = after(
    register({ peer: tcp, contacts: [{ ...contact('sip:a@one', undefined, instance), regId: 1 }] }),
    register({ callId: 'two', contacts: [{ ...contact('sip:a@two', undefined, instance), regId: 2 }] }),
    register({ callId: 'three', peer: tcp, path: ['<sip:edge;lr>'], contacts: [contact('sip:a@three')] }),
  )
  t.strictSame(uris(all), ['sip:a@three', 'sip:a@two', 'sip:a@one'])
  const closed = stepFlowClosed(all, tcp)
  t.strictSame(uris(closed.registrations), ['sip:a@three', 'sip:a@two'], 'a proxy can be reached anew')
  t.strictSame(closed.lost, ['alice'])
  const failed = stepFlowFailed(closed.registrations, { uri: 'sip:a@three', path: ['<sip:edge;lr>'] })
  t.strictSame(uris(failed.registrations), ['sip:a@two'])
  t.strictSame(stepFlowFailed(failed.registrations, { uri: 'sip:a@two', path: ['<sip:edge;lr>'] }).lost, [])
})

t.test('several contacts, newest first', async (t) => {
  const all = after(register(), register({ callId: 'two', contacts: [contact('sip:alice@192.0.2.31')] }))
  t.strictSame(uris(all), ['sip:alice@192.0.2.31', 'sip:alice@192.0.2.30'])
  const renewed = stepRegister(all, register({ cseq: 2 }), limits, T0 + 1000)
  t.strictSame(uris(renewed.registrations, T0 + 1000), ['sip:alice@192.0.2.30', 'sip:alice@192.0.2.31'])
  t.notOk(renewed.changed, 'a renewal changes nothing')
  t.match(renewed.answer, { contacts: [{ expiresSeconds: 600 }, { expiresSeconds: 599 }] })
  t.match(contactsOf(all, 'alice', T0)[0], { peer, callId: 'two' })
  t.strictSame(contactsOf(all, 'bob', T0), [])
})

t.test('the same contact', async (t) => {
  const rows: readonly [name: string, one: [string, string?], other: [string, string?], count: number][] = [
    ['host and scheme in any case', ['sip:alice@Phone.Example.COM'], ['SIP:alice@phone.example.com'], 1],
    ['users in their case', ['sip:Alice@h'], ['sip:alice@h'], 2],
    ['another port', ['sip:alice@h:5060'], ['sip:alice@h:5062'], 2],
    [
      'another port of the same instance (RFC 5626)',
      ['sip:alice@h:5060', '"<urn:uuid:1>"'],
      ['sip:alice@h:5062', '"<urn:uuid:1>"'],
      1,
    ],
    ['another instance', ['sip:alice@h:5060', '"<urn:uuid:1>"'], ['sip:alice@h:5062', '"<urn:uuid:2>"'], 2],
  ]
  for (const [name, one, other, count] of rows) {
    const all = after(
      register({ contacts: [contact(one[0], undefined, one[1])] }),
      register({ callId: 'two', contacts: [contact(other[0], undefined, other[1])] }),
    )
    t.equal(uris(all).length, count, name)
  }
})

t.test('a contact from another address is a change', async (t) => {
  const step = stepRegister(after(register()), register({ cseq: 2, peer: { ...peer, port: 40_000 } }), limits, T0)
  t.ok(step.changed)
  t.match(contactsOf(step.registrations, 'alice', T0), [{ peer: { port: 40_000 } }])
})

t.test('order of requests (RFC 3261 section 10.3 step 7)', async (t) => {
  const all = after(register({ cseq: 5 }))
  t.match(
    stepRegister(all, register({ cseq: 5 }), limits, T0),
    { answer: { status: 500 }, changed: false },
    'the same number',
  )
  t.match(
    stepRegister(all, register({ cseq: 4, contacts: '*', expiresSeconds: 0 }), limits, T0).answer,
    { status: 500 },
    'a late sign-off',
  )
  t.match(
    stepRegister(all, register({ cseq: 1, callId: 'new' }), limits, T0).answer,
    { status: 200 },
    'a phone that was restarted counts anew',
  )
  t.equal(
    stepRegister(all, register({ cseq: 4 }), limits, T0).registrations,
    all,
    'a refusal leaves everything as it was',
  )
})

t.test('signing off', async (t) => {
  const all = after(register(), register({ callId: 'two', contacts: [contact('sip:alice@192.0.2.31')] }))
  t.match(stepRegister(all, register({ cseq: 2, contacts: '*', expiresSeconds: 0 }), limits, T0), {
    answer: { status: 200, contacts: [] },
    changed: true,
  })
  t.match(
    stepRegister(all, register({ cseq: 2, contacts: '*', expiresSeconds: 60 }), limits, T0).answer,
    { status: 400 },
    '* with a time',
  )
  t.match(
    stepRegister(all, register({ cseq: 2, contacts: '*' }), limits, T0).answer,
    { status: 400 },
    '* without Expires',
  )
  const one = stepRegister(all, register({ cseq: 2, contacts: [contact('sip:alice@192.0.2.30', 0)] }), limits, T0)
  t.strictSame(uris(one.registrations), ['sip:alice@192.0.2.31'])
  const gone = stepRegister(
    one.registrations,
    register({ callId: 'two', cseq: 2, contacts: '*', expiresSeconds: 0 }),
    limits,
    T0,
  )
  t.equal(gone.registrations.size, 0, 'nothing is kept of an account without contacts')
})

t.test('asking for the list changes nothing', async (t) => {
  const step = stepRegister(after(register()), register({ cseq: 2, contacts: [] }), limits, T0 + 100_500)
  t.match(step, {
    answer: { status: 200, contacts: [{ uri: 'sip:alice@192.0.2.30', expiresSeconds: 500 }] },
    changed: false,
  })
})

t.test('limits', async (t) => {
  const four = ['a', 'b', 'c', 'd'].map((host) => contact(`sip:alice@${host}`))
  t.match(stepRegister(noRegistrations(), register({ contacts: four }), limits, T0).answer, { status: 403 })
  const full = after(register({ contacts: four.slice(0, 3) }))
  t.match(stepRegister(full, register({ callId: 'two', contacts: [contact('sip:alice@e')] }), limits, T0).answer, {
    status: 403,
  })
  t.match(
    stepRegister(full, register({ callId: 'two', contacts: [contact('sip:alice@a')] }), limits, T0).answer,
    { status: 200 },
    'a renewal is no new one',
  )
  t.match(
    stepRegister(full, register({ callId: 'two', contacts: [contact('sip:alice@e')] }), limits, T0 + 600_000).answer,
    { status: 200 },
    'lapsed ones do not count',
  )
  t.match(stepRegister(full, register({ contacts: [contact(`sip:${'a'.repeat(2000)}`)] }), limits, T0).answer, {
    status: 400,
  })
  t.match(stepRegister(full, register({ contacts: [contact('')] }), limits, T0).answer, { status: 400 })
})

t.test('lapsing', async (t) => {
  const all = after(register({ expiresSeconds: 60 }), register({ account: 'bob', expiresSeconds: 120 }))
  t.equal(nextLapseMs(all), T0 + 60_000)
  t.equal(nextLapseMs(noRegistrations()), undefined)
  t.strictSame(uris(all, T0 + 59_999).length, 1)
  t.strictSame(uris(all, T0 + 60_000), [], 'a lapsed contact is not called, even before it is forgotten')
  t.equal(stepLapse(all, T0 + 59_999).registrations, all)
  const lapsed = stepLapse(all, T0 + 60_000)
  t.strictSame(lapsed.lapsed, ['alice'])
  t.strictSame([...lapsed.registrations.keys()], ['bob'])
})

t.test('a closed connection takes its contacts with it', async (t) => {
  const tcp = { transport: 'tcp', address: '192.0.2.30', port: 41_000 } as const
  const all = after(
    register(),
    register({ callId: 'two', contacts: [contact('sip:alice@h;transport=tcp')], peer: tcp }),
  )
  const closed = stepFlowClosed(all, { ...tcp })
  t.strictSame(closed.lost, ['alice'])
  t.strictSame(uris(closed.registrations), ['sip:alice@192.0.2.30'])
  t.equal(stepFlowClosed(all, { ...tcp, port: 1 }).registrations, all)
})
