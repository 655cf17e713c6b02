/** Who may start a secure session, when, and with what form. */

import t from 'tap'
import type { FaultCode } from '../../src/base/faults.ts'
import type { Validation } from '../../src/vault/contract.ts'
import { type Bench, type BridgedCall, callBench, settle, VALIDATION } from '../peers/call-bench.ts'
import { phoneMedia, phoneReoffer } from '../peers/phone-media.ts'

const gates: readonly (readonly [
  says: string,
  close: (bench: Bench, call: BridgedCall) => unknown,
  code: FaultCode,
])[] = [
  ['no vault runs', (bench) => Object.assign(bench.vault, { available: false }), 'secure.no-vault'],
  [
    'the agent is a conference',
    (_bench, call) => Object.assign(call.agent, { isFocus: true }),
    'secure.conference-not-supported',
  ],
  [
    'the caller is a conference',
    (_bench, call) => Object.assign(call.caller, { isFocus: true }),
    'secure.conference-not-supported',
  ],
  [
    'the caller holds',
    (_bench, call) => call.caller.reofferFromFarEnd(phoneReoffer(phoneMedia(4000), 'inactive')),
    'secure.caller-on-hold',
  ],
  ['the call is over', (_bench, call) => call.caller.bye(), 'call.not-found'],
]
for (const [says, close, code] of gates) {
  t.test(`a session does not start when ${says}`, async (t) => {
    const bench = callBench()
    const call = await bench.bridged()
    close(bench, call)
    await settle()
    await t.rejects(bench.calls.startSecureSession(call.callId, { fields: [], startedBy: { by: 'token' } }), { code })
    t.same(bench.vault.sessions, [])
    t.notOk(bench.types().includes('secure.requested'))
  })
}

t.test('a session does not start without a validation service', async (t) => {
  const bench = callBench({ validation: () => undefined })
  const call = await bench.bridged()
  t.same(bench.calls.whyNot(call.callId, { startedBy: { by: 'token' } }), ['secure.no-validation'])
  await t.rejects(bench.calls.startSecureSession(call.callId, { fields: [], startedBy: { by: 'token' } }), {
    code: 'secure.no-validation',
  })
})

t.test('a session does not start while one runs, nor while it rings', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  await t.rejects(bench.calls.startSecureSession(call.callId, { fields: [], startedBy: { by: 'token' } }), {
    code: 'secure.session-in-progress',
  })
  bench.incoming({ to: '100' })
  await settle()
  const ringing = bench.calls.list().at(-1)?.callId ?? ''
  t.same(bench.calls.whyNot(ringing, { startedBy: { by: 'token' } }), ['secure.not-bridged'])
  t.throws(() => bench.calls.whyNot('no-call', { startedBy: { by: 'token' } }), { code: 'call.not-found' })
  t.throws(() => bench.calls.secureSessions('no-call'), { code: 'call.not-found' })
})

t.test('a card number in the form is refused, and is in nothing that was said', async (t) => {
  const bench = callBench()
  const call = await bench.bridged()
  const fields = [{ name: 'note', value: 'it is 4111 1111 1111 1111' }]
  const refusal = await bench.calls
    .startSecureSession(call.callId, { fields, startedBy: { by: 'token' } })
    .catch((each) => each)
  t.match(refusal, { code: 'secure.card-number-in-form', detail: { field: 0 } })
  t.notMatch(JSON.stringify([refusal, String(refusal), refusal.detail, bench.events, bench.journal]), /4111/)
})

t.test('a form that cannot be sent along is refused', async (t) => {
  const bench = callBench()
  const { callId } = await bench.bridged()
  const fields = [
    { name: 'order', value: '17' },
    { name: 'note', value: 'a bell \u0007' },
  ]
  await t.rejects(bench.calls.startSecureSession(callId, { fields, startedBy: { by: 'token' } }), {
    code: 'secure.bad-form',
    detail: { field: 1 },
  })
})

const long = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ name: `note ${i}`, value: '&'.repeat(1000) }))
const key = { algorithm: 'ECDH-ES', keyId: 'k', publicKey: '-----BEGIN PUBLIC KEY-----' } as const
const sealed: Validation = { ...VALIDATION, format: 'sealed', sealingKey: key }
for (const [says, validation, most] of [
  ['XML, with what it escapes', VALIDATION, 3],
  ['JSON', { ...VALIDATION, format: 'json' }, 15],
  ['sealed', sealed, 10],
] as const) {
  t.test(`a form that is longer than a request may be is refused before anybody is parted: ${says}`, async (t) => {
    const bench = callBench({ validation: () => validation })
    const { callId } = await bench.bridged()
    const lines = bench.journal.length
    const start = (count: number) =>
      bench.calls.startSecureSession(callId, { fields: long(count), startedBy: { by: 'token' } })
    const refused = { code: 'secure.bad-form', row: { http: 422 } }
    await t.rejects(start(16), refused)
    await t.rejects(start(most + 1), refused)
    t.same(bench.journal.slice(lines), [], 'nothing was cut, and nothing told')
    t.notOk(bench.types().includes('secure.requested'))
    t.same(bench.trail.bodies, [], 'nor is it in the audit')
    await start(most)
    await settle()
    t.equal(bench.vault.sessions.length, 1)
  })
}

/** Keys `*71` on a phone, as RFC 4733 event codes. */
function keyCode(port: BridgedCall['agentPort']): void {
  for (const key of [10, 7, 1]) port.events.onKey(key)
}

t.test("the feature code on the agent's phone starts a session", async (t) => {
  const bench = callBench()
  const call = await bench.bridged()
  keyCode(call.agentPort)
  await settle()
  t.match(bench.calls.secureSessions(call.callId), [{ startedBy: 'feature-code' }])
  keyCode(call.agentPort)
  await settle()
  t.equal(bench.calls.secureSessions(call.callId).length, 1, 'keys during a session start nothing')
})

t.test("the feature code on the caller's phone starts nothing", async (t) => {
  const bench = callBench()
  const call = await bench.bridged()
  keyCode(call.callerPort)
  await settle()
  t.same(bench.calls.secureSessions(call.callId), [])
})

t.test('a feature code that cannot start anything says why', async (t) => {
  const bench = callBench()
  const call = await bench.bridged()
  bench.vault.available = false
  keyCode(call.agentPort)
  await settle()
  t.match(bench.events.at(-1), { type: 'secure.not-started', fault: 'secure.no-vault', startedBy: 'feature-code' })
})
