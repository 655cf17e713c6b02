import t from 'tap'
import { newSecureRecord } from '../../src/call/secure-record.ts'
import { keptNumber, rowOf } from '../../src/history/row.ts'
import { shownCall } from '../peers/kept-calls.ts'

const terms = { wallMsOf: (ms: number) => ms + 0.4, hiddenDigits: 0 }
const quality = {
  ...{
    packetsReceived: 990,
    packetsSent: 1000,
    octetsReceived: 1,
    octetsSent: 1,
    packetsExpected: 1000,
    packetsLost: 10,
  },
  ...{ jitterMs: 4.123456789, mostJitterMs: 9, sources: 1, rebound: 0, mosReceived: 4.36, mosSent: 4.4 },
  ...{ strangers: 1, unusable: 2, implausible: 3, forged: 4, replayed: 5 },
}

t.test('a call is kept with times of the wall, its legs, how they sounded and why it ended', async (t) => {
  const leg = { sessionUuid: 'ab30317f1a784dc48ff824d0d3715d86', held: false, codec: 'PCMA', srtp: undefined } as const
  const row = rowOf(
    shownCall('call-b', {
      callerLeg: { ...leg, legId: 'leg-b', account: undefined, trunk: 'carrier', quality },
      agentLeg: { ...leg, legId: 'leg-c', account: 'alice', trunk: undefined, quality: undefined },
      bridgedAtMs: 1_002_000,
      endedAtMs: 1_010_000,
      ending: 'agent-hung-up',
    }),
    terms,
  )
  t.match(row, {
    ...{ callId: 'call-b', startedMs: 1_000_000, bridgedMs: 1_002_000, endedMs: 1_010_000, agent: 'alice' },
    ...{ trunk: 'carrier', origin: 'trunk', ending: 'agent-hung-up', status: null },
  })
  t.match(row.legs, [
    { side: 'caller', codec: 'PCMA', received: 990, lost: 10, dropped: 15, jitterMs: 4.123, mosReceived: 4.36 },
    { side: 'agent', account: 'alice', received: null, mosReceived: null },
  ])
})

t.test('of a secure session its outcome is kept, and nothing that was said or keyed in it', async (t) => {
  const begun = newSecureRecord(
    {
      ...{ sessionId: 'secure-b', callId: 'call-b', startedBy: 'token', form: undefined, retryOf: undefined },
      ...{
        flow: { id: 'card-payment', version: 3, title: 'Card' },
        startedAtMs: 1_003_000,
        limitMs: 1,
        auditRecord: 1,
      },
    },
    [{ name: 'order SECRET', kind: 'card-number', attempts: 3 }],
  )
  const said = { details: 'SECRET words', reference: 'SECRET-4711', lastFour: '1111' }
  const outcome = { result: 'accepted', brand: 'visa', ...said } as const
  const ended = { ...begun, endedAtMs: 1_009_000, outcome, resultString: 'SECRET|accepted' }
  const failed = { ...begun, sessionId: 'secure-c', outcome: { result: 'failed', reason: 'timeout' } as const }
  const row = rowOf(shownCall('call-b', { secureSessions: [ended, failed] }), terms)
  t.strictSame(row.secureSessions, [
    {
      ...{ sessionId: 'secure-b', flow: 'card-payment', version: 3, startedBy: 'token' },
      ...{ startedMs: 1_003_000, endedMs: 1_009_000, outcome: 'accepted', reason: null },
    },
    {
      ...{ sessionId: 'secure-c', flow: 'card-payment', version: 3, startedBy: 'token' },
      ...{ startedMs: 1_003_000, endedMs: null, outcome: 'failed', reason: 'timeout' },
    },
  ])
  t.notMatch(JSON.stringify(row), /SECRET|1111|visa/)
})

t.test('numbers: the last digits are hidden, letters and signs stay, and a card number never gets in', async (t) => {
  const rows = [
    ['+493012345678', 0, '+493012345678'],
    ['+493012345678', 4, '+49301234****'],
    ['+49 (30) 1234-5678', 3, '+49 (30) 1234-5***'],
    ['100', 4, '***'],
    ['alice', 4, 'alice'],
    ['agent-2', 4, 'agent-*'],
    ['4111111111111111', 0, '[card number]'],
    ['', 4, ''],
  ] as const
  for (const [number, hidden, kept] of rows) t.equal(keptNumber(number, hidden), kept, `${hidden} of ${kept}`)
})

t.test('a transfer is kept with its times, whose phones it was and what came of it, and not without end', async (t) => {
  const done = { kind: 'blind', by: 'alice', to: 'bob', outcome: 'transferred', status: undefined } as const
  const open = { kind: 'attended', by: '', to: undefined, outcome: 'pending', status: undefined } as const
  const transfers = [
    { ...done, atMs: 1_003_000, endedAtMs: 1_004_000 },
    { ...open, atMs: 1_005_000, endedAtMs: undefined },
  ]
  t.match(rowOf(shownCall('call-b', { transfers }), terms).transfers, [
    { kind: 'blind', by: 'alice', to: 'bob', startedMs: 1_003_000, endedMs: 1_004_000, outcome: 'transferred' },
    { kind: 'attended', by: null, to: null, startedMs: 1_005_000, endedMs: null, outcome: 'pending', status: null },
  ])
  const many = Array.from({ length: 1000 }, () => ({ ...done, atMs: 1, endedAtMs: 2 }))
  t.equal(rowOf(shownCall('call-b', { transfers: many }), terms).transfers.length, 50)
})
