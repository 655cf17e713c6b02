import t from 'tap'
import type { SinkName } from '../../src/audit/contract.ts'
import type { Sink } from '../../src/call/sinks.ts'
import { callBench, settle } from '../peers/call-bench.ts'

type Deeds = { readonly sink: Sink; readonly done: string[] }

/** A sink that says one thing and does another, as it is told. */
function sinkThat(name: Sink['name'], says: 'off' | 'on' | 'nothing' | 'an error', does: 'off' | 'on'): Deeds {
  const done: string[] = []
  const sink: Sink = {
    name,
    async turnOff(callId) {
      done.push(`off ${callId}`)
      if (says === 'nothing') await new Promise(() => undefined)
      if (says === 'an error') throw new Error('it broke')
      return says === 'on' ? 'on' : 'off'
    },
    readBack: async () => does,
    turnOn: (callId) => done.push(`on ${callId}`),
  }
  return { sink, done }
}

const token = { by: 'token' } as const

t.test('sinks are off before the legs are parted, on again afterwards, and all named in the record', async (t) => {
  const { sink, done } = sinkThat('recorder', 'off', 'off')
  const bench = callBench({ sinks: [sink] })
  const { callId } = await bench.secure()
  t.same(done, [`off ${callId}`])
  bench.vault.last.wiped({ result: 'declined', details: '' })
  bench.vault.last.returned()
  await settle()
  t.same(done, [`off ${callId}`, `on ${callId}`])
  const states = (bench.trail.closing.facts?.sinks ?? []).map(({ name, state, by }) => `${name} ${state} by ${by}`)
  t.same(states, [
    'agent-leg off by media',
    'supervisor absent by control',
    'recorder off by control',
    'siprec absent by control',
    'transcription absent by control',
    'ai-leg absent by control',
    'pcap-tap absent by control',
    'webhooks absent by control',
  ])
})

t.test('the next session begins before media has confirmed the join of the last one: its sinks stay off', async (t) => {
  const { sink, done } = sinkThat('recorder', 'off', 'off')
  const bench = callBench({ sinks: [sink] })
  const { callId } = await bench.secure()
  bench.vault.last.wiped({ result: 'declined', details: '' })
  const confirm = bench.media.hold('assign')
  bench.vault.last.returned()
  await settle()
  const next = bench.calls.startSecureSession(callId, { fields: [], startedBy: token })
  await settle()
  confirm()
  await next
  await settle()
  t.equal(bench.vault.sessions.length, 2)
  t.same(done, [`off ${callId}`, `on ${callId}`, `off ${callId}`])
})

for (const [says, does] of [
  ['off', 'on'],
  ['on', 'off'],
  ['an error', 'off'],
  ['nothing', 'off'],
] as const) {
  t.test(`a sink that says ${says} and is ${does} keeps the session from beginning`, async (t) => {
    const good = sinkThat('recorder', 'off', 'off')
    const bad = sinkThat('siprec', says, does)
    const bench = callBench({ sinks: [good.sink, bad.sink] })
    const call = await bench.bridged()
    const assigned = bench.media.assigned.length
    const refused = bench.calls.startSecureSession(call.callId, { fields: [], startedBy: token })
    const told = t.rejects(refused, { code: 'secure.sink-not-off', detail: { reason: 'siprec' satisfies SinkName } })
    await settle()
    bench.clock.step(1000)
    await told
    t.equal(bench.media.assigned.length, assigned, 'nothing was cut')
    t.match(bench.calls.get(call.callId), { state: 'bridged', secureSessions: [] })
    t.same(bench.trail.bodies, [], 'nothing was opened')
    t.equal(good.done.at(-1), `on ${call.callId}`, 'what was turned off is on again')
    t.equal(bench.clock.pending, 0)
    t.same(bench.faults, ['secure.sink-not-off'], 'and it is logged')
  })
}

t.test("the agent's leg that goes on hearing the caller: silence, and no session", async (t) => {
  const bench = callBench()
  const call = await bench.bridged()
  call.agentPort.says = 'port'
  await bench.calls.startSecureSession(call.callId, { fields: [], startedBy: token })
  await settle()
  t.equal(bench.vault.sessions.length, 0, 'no vault was given the socket')
  t.match(bench.calls.ended()[0], { callId: call.callId, ending: 'media-lost' })
})

t.test('a session that cannot be recorded does not begin', async (t) => {
  const bench = callBench()
  const call = await bench.bridged()
  bench.trail.fails = true
  await t.rejects(bench.calls.startSecureSession(call.callId, { fields: [], startedBy: token }), {
    code: 'secure.no-audit',
  })
  t.match(bench.calls.get(call.callId), { state: 'bridged', secureSessions: [] })
  bench.trail.fails = false
  bench.trail.available = false
  t.same(bench.calls.whyNot(call.callId, { startedBy: token }), ['secure.no-audit'])
  await t.rejects(bench.calls.startSecureSession(call.callId, { fields: [], startedBy: token }), {
    code: 'secure.no-audit',
  })
  bench.trail.available = true
  await bench.calls.startSecureSession(call.callId, { fields: [], startedBy: token })
})

t.test('what happens while the opening is written', async (t) => {
  const bench = callBench()
  const call = await bench.bridged()
  const { promise, resolve } = Promise.withResolvers<void>()
  bench.trail.before = () => promise
  const first = bench.calls.startSecureSession(call.callId, { fields: [], startedBy: token })
  await t.rejects(bench.calls.startSecureSession(call.callId, { fields: [], startedBy: token }), {
    code: 'secure.session-in-progress',
  })
  const told = t.rejects(first, { code: 'secure.not-bridged' }, 'the call ended meanwhile')
  call.caller.bye()
  resolve()
  await told
  await settle()
  t.match(bench.trail.bodies, [
    { kind: 'opened' },
    { kind: 'closed', ending: 'not-started', fault: 'secure.not-bridged' },
  ])
  t.equal(bench.vault.sessions.length, 0)
})
