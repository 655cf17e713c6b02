import t, { type Test } from 'tap'
import { contradictions } from '../../src/audit/claims.ts'
import { type AuditFacts, anAuditBody, type Closing, type Opening } from '../../src/audit/contract.ts'
import { digestOf } from '../../src/base/digest.ts'
import { admit } from '../../src/call/admission.ts'
import { ACCEPTED, type Bench, type BridgedCall, callBench, settle } from '../peers/call-bench.ts'
import { phoneAnswer, phoneMedia } from '../peers/phone-media.ts'
import { failed } from '../peers/secure-verdict.ts'

/** @returns the records of the only session; what they claim was held against each other. */
function recordsOf(t: Test, bench: Bench): { opening: Opening; closing: Closing; facts: AuditFacts } {
  const [opening, closing, ...more] = bench.trail.bodies
  t.same(more, [])
  if (opening?.kind !== 'opened' || closing?.kind !== 'closed') throw new Error('not an opening and a closing')
  t.same(contradictions(opening, closing), [], 'nothing contradicts itself')
  if (closing.facts === undefined) throw new Error('no facts')
  return { opening, closing, facts: closing.facts }
}

function played(call: BridgedCall, packets: number): void {
  call.agentPort.sentBy.holdMusic += packets
  call.agentPort.packetsReceived += packets
}

t.test('a session that went well', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  t.match(bench.calls.secureSessions(call.callId), [{ audited: true, auditRecord: 1, auditClosed: undefined }])
  const vault = bench.vault.last
  bench.clock.step(5000)
  played(call, 250)
  vault.events.onTaken(0)
  vault.events.onRefused(1, 'expired')
  vault.events.onSubmitting(1)
  vault.wiped(ACCEPTED)
  vault.counts = { received: 240, sent: 249, presses: { event: 20, tone: 0, info: 3 } }
  bench.clock.step(3000)
  played(call, 150)
  vault.returned()
  await settle()
  // What is relayed after the join does not count against the session.
  for (const [port, firstRelayedMs] of [
    [call.callerPort, 20],
    [call.agentPort, 320],
  ] as const) {
    port.sentBy.port += 500
    port.packetsReceived += 500
    port.firstRelayedMs = firstRelayedMs
  }
  bench.clock.step(50)
  await settle()
  const { opening, closing, facts } = recordsOf(t, bench)
  t.match(opening, {
    callId: call.callId,
    sessionId: call.sessionId,
    startedBy: { by: 'token' },
    flow: { id: 'card-payment', version: 1 },
  })
  t.equal(closing.ending, 'ended')
  t.match(facts, {
    durationMs: 8000,
    firstPromptMs: 0,
    agentLeg: { source: 'hold-music', sent: { port: 0, holdMusic: 400, left: 400 }, received: 400, toMs: 8000 },
    callerLeg: {
      mediaReceived: 0,
      mediaSent: 0,
      vaultReceived: 240,
      vaultSent: 249,
      presses: { event: 20, tone: 0, info: 3 },
    },
    mediaProcessId: 4001,
    vaultProcessId: 5001,
    wipe: { by: 'vault', processId: 5001, ms: 5000 },
    rejoin: { ms: 8000, gapMs: 0, toCallerMs: 20, toAgentMs: 320, repairs: [] },
    outcome: { result: 'accepted' },
    verdict: { transactionId: call.sessionId, submissions: 1, detailsDigest: digestOf('That number was good') },
    fieldsTaken: 1,
    entriesRefused: 1,
    callEnded: false,
    mediaLost: false,
  })
  t.same(
    facts.states.map(({ at }) => at),
    ['parting', 'releasing', 'handing', 'capturing', 'submitting', 'returning', 'adopting', 'open'],
  )
  const text = JSON.stringify(bench.trail.bodies)
  for (const secret of ['1111', 'visa', 'That number', '+49'])
    t.notMatch(text, secret, 'no last four, no sentence, no number')
  t.match(bench.calls.secureSessions(call.callId), [
    { audited: true, auditRecord: 1, auditClosed: 2, toAgentMs: 320, repairs: 0 },
  ])
})

t.test(
  'a session in which the caller was asked again: what he was asked, each verdict, and the wait for the agent',
  async (t) => {
    const bench = callBench()
    await bench.secure()
    const { events } = bench.vault.last
    const pass = () => bench.clock.step(1000)
    events.onAsking(0, 1, 3)
    pass()
    events.onRefused(0, 'too-short')
    events.onAsking(0, 2, 3)
    pass()
    events.onConfirming(0)
    events.onTaken(0)
    events.onSubmitting(1)
    events.onAnswered({ result: 'declined', details: 'Not that one' })
    pass()
    events.onWaitingForAgent(60_000)
    pass()
    events.onAsking(0, 1, 3)
    events.onTaken(0)
    events.onSubmitting(2)
    bench.vault.last.wiped(ACCEPTED)
    bench.vault.last.returned()
    await settle()
    const { opening, closing, facts } = recordsOf(t, bench)
    const told = ['asking', 'confirming', 'submitting', 'answered', 'waiting-for-agent']
    t.strictSame(
      facts.states.filter(({ at }) => told.includes(at)),
      [
        { at: 'asking', ms: 0, field: 0 },
        { at: 'confirming', ms: 2000, field: 0 },
        { at: 'submitting', ms: 2000 },
        { at: 'answered', ms: 2000 },
        { at: 'waiting-for-agent', ms: 3000 },
        { at: 'asking', ms: 4000, field: 0 },
        { at: 'submitting', ms: 4000 },
      ],
    )
    t.equal(facts.statesLeftOut, undefined)
    t.match(facts, { fieldsTaken: 1, entriesRefused: 1 })
    t.match(facts.verdict, {
      submissions: 2,
      earlier: [{ result: 'declined', detailsDigest: digestOf('Not that one') }],
      detailsDigest: digestOf(ACCEPTED.result === 'accepted' ? ACCEPTED.details : ''),
    })
    t.same(contradictions(opening, closing), [])
    t.notMatch(JSON.stringify(bench.trail.bodies), 'Not that one')
  },
)

t.test('more states than a record has room for are counted, and the record is closed all the same', async (t) => {
  const bench = callBench()
  await bench.secure()
  const { events } = bench.vault.last
  for (let i = 0; i < 400; i++) {
    events.onAsking(0, 1, 3)
    events.onWaitingForAgent(60_000)
  }
  bench.vault.last.wiped(failed('timeout'))
  bench.vault.last.returned()
  await settle()
  const { closing, facts } = recordsOf(t, bench)
  t.ok(anAuditBody(closing), 'it has the shape of a record')
  t.equal((facts.statesLeftOut ?? 0) + facts.states.filter(({ at }) => /asking|waiting/.test(at)).length, 800)
  t.equal(facts.states.at(-1)?.at, 'open', 'what the session itself went through is told to its end')
})

t.test('a session that the caller left: the record is closed after the call, and known in its history', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  call.caller.bye()
  bench.vault.last.wiped(failed('caller-hung-up'))
  bench.vault.last.returned(false)
  await settle()
  const { facts } = recordsOf(t, bench)
  t.match(facts, { outcome: { result: 'failed', reason: 'caller-hung-up' }, callEnded: true, wipe: { by: 'vault' } })
  t.equal(facts.rejoin, undefined)
  t.match(bench.calls.ended()[0]?.secureSessions, [{ auditClosed: 2 }])
})

t.test('a vault that died: its death is the wipe', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  call.caller.reofferAnswer = (body) => ({
    result: 'answered',
    body: phoneAnswer(body, { ...phoneMedia(4000), version: 2 }),
  })
  bench.vault.last.lost()
  await settle()
  const { facts } = recordsOf(t, bench)
  t.match(facts, {
    wipe: { by: 'vault-death', processId: 5001 },
    outcome: { reason: 'vault-lost' },
    callerLeg: { mediaReceived: 0 },
  })
  t.equal(facts.callerLeg?.vaultReceived, undefined, 'its counts died with it')
  t.ok(facts.rejoin)
})

t.test('a media process that died: isolation was not counted, and the record says so', async (t) => {
  const bench = callBench()
  await bench.secure()
  bench.media.lose()
  await settle()
  bench.vault.last.wiped(failed('cancelled'))
  bench.vault.last.returned(false)
  await settle()
  const { facts } = recordsOf(t, bench)
  t.match(facts, { mediaLost: true, callEnded: true })
  t.equal(facts.agentLeg, undefined)
})

t.test('a session that no vault took, and one cancelled at once', async (t) => {
  const bench = callBench()
  const call = await bench.bridged()
  bench.vault.refuses = true
  await bench.calls.startSecureSession(call.callId, { fields: [], startedBy: { by: 'token' } })
  await settle()
  const { facts } = recordsOf(t, bench)
  t.equal(facts.wipe, undefined)
  t.equal(facts.firstPromptMs, undefined)

  const other = callBench()
  const second = await other.bridged()
  const { sessionId } = await other.calls.startSecureSession(second.callId, { fields: [], startedBy: { by: 'token' } })
  other.calls.cancelSecureSession(second.callId, sessionId)
  await settle()
  t.match(recordsOf(t, other).facts, { outcome: { reason: 'cancelled' } })
})

t.test('a packet of the caller at the agent would be in the record, and be found', async (t) => {
  const bench = callBench()
  const call = await bench.secure()
  call.agentPort.sentBy.port += 1
  bench.vault.last.wiped(ACCEPTED)
  bench.vault.last.returned()
  await settle()
  const [opening, closing] = bench.trail.bodies
  t.match(
    contradictions(opening as Opening, closing as Closing).filter(({ claim }) => claim === 'isolation'),
    [{ claim: 'isolation', says: /1 packets/ }],
  )
})

t.test('who keyed the feature code is named, a telephone number only as its mask', async (t) => {
  const bench = callBench()
  const world = { audit: bench.trail, clock: bench.clock, log: { fault: () => undefined } }
  for (const account of ['agent', '4930123456789']) {
    const startedBy = { by: 'feature-code', account } as const
    await admit(world, {
      sessionId: 'secure-a',
      callId: 'call-a',
      startedBy,
      flow: { id: 'card' },
      ends: {},
      closedGate: () => undefined,
    })
  }
  t.match(bench.trail.bodies, [
    { startedBy: { by: 'feature-code', account: 'agent' } },
    { startedBy: { by: 'feature-code', account: '***********89' } },
  ])
})

t.test(
  'both ends are named by their halves of the Session-ID, but for one that holds what looks like a card number',
  async (t) => {
    const bench = callBench()
    const world = { audit: bench.trail, clock: bench.clock, log: { fault: () => undefined } }
    const callerUuid = 'ab30317f1a784dc48ff824d0d3715d86'
    for (const agentUuid of ['47755a9de7794ba387653f2099600ef2', `ab4111111111111111${'c'.repeat(14)}`]) {
      await admit(world, {
        sessionId: 'secure-a',
        callId: 'call-a',
        startedBy: { by: 'token' },
        flow: { id: 'card' },
        ends: { callerUuid, agentUuid },
        closedGate: () => undefined,
      })
    }
    const [first, second] = bench.trail.bodies
    t.match(first, { callerUuid, agentUuid: '47755a9de7794ba387653f2099600ef2' })
    t.match(second, { callerUuid })
    t.notOk('agentUuid' in (second as Opening))
    t.ok(anAuditBody(first) && anAuditBody(second), 'a verifier takes them')
  },
)
