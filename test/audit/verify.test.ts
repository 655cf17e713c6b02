import t from 'tap'
import type { AuditBody, AuditFacts } from '../../src/audit/contract.ts'
import { readLine } from '../../src/audit/seal.ts'
import { type Finding, type Report, verifyRecords } from '../../src/audit/verify.ts'
import { digestOf } from '../../src/base/digest.ts'
import { CHECKER, chainOf, closing, FACTS, opening, STARTED } from '../peers/audit-chain.ts'

const GOOD = chainOf([STARTED, opening(), closing(), opening('secure-b'), closing({}, 'secure-b')])

function check(lines: readonly string[], running = false): Report {
  return verifyRecords(lines, { key: CHECKER, excerpt: false, running })
}
const codes = ({ findings }: Report): Finding['code'][] => findings.map(({ code }) => code)

t.test('a good chain holds', async (t) => {
  const report = check(GOOD)
  t.same(report.findings, [])
  t.match(report, { records: 5, first: 1, head: { number: 5, digest: digestOf(GOOD[4] ?? '') } })
  t.match(report.sessions, [
    {
      sessionId: 'secure-a',
      number: 2,
      closedNumber: 3,
      ending: 'ended',
      result: 'accepted',
      isolation: 'shown',
      sound: true,
    },
    { sessionId: 'secure-b', number: 4, closedNumber: 5, sound: true },
  ])
})

t.test('every change of a single bit is noticed', async (t) => {
  for (const at of [0, 1, 2]) {
    const line = Buffer.from(GOOD[at] ?? '')
    const missed: string[] = []
    for (let octet = 0; octet < line.length; octet++) {
      for (let bit = 0; bit < 8; bit++) {
        line[octet] = (line[octet] as number) ^ (1 << bit)
        if (typeof readLine(line.toString('utf8'), CHECKER) !== 'string') missed.push(`octet ${octet}, bit ${bit}`)
        line[octet] = (line[octet] as number) ^ (1 << bit)
      }
    }
    t.same(missed, [], `record ${at + 1}: ${line.length * 8} bits`)
    t.not(typeof readLine(line.toString('utf8'), CHECKER), 'string', 'as it was, it is good')
  }
})

t.test('the record that was changed is named', async (t) => {
  const lines = GOOD.with(2, (GOOD[2] ?? '').replace('"port":0', '"port":7'))
  const { findings, sessions } = check(lines)
  t.match(findings[0], { line: 3, number: 3, code: 'bad-signature' })
  t.ok(
    findings.some(({ code, number }) => code === 'broken-link' && number === 4),
    'and that the chain breaks behind it',
  )
  t.ok(findings.some(({ code, says }) => code === 'isolation' && says.includes('7 packets')))
  t.match(sessions, [{ sound: false }, { sessionId: 'secure-b' }])
})

t.test('a record that is missing', async (t) => {
  for (let at = 1; at < GOOD.length - 1; at++)
    t.ok(codes(check(GOOD.toSpliced(at, 1))).includes('gap'), `record ${at + 1}`)
  t.same(codes(check(GOOD.slice(0, -1))), ['incomplete'], 'the last one leaves its session open')
  t.same(check(GOOD.slice(1)).findings, [], 'older records may be kept elsewhere')
})

t.test('records cut off at the end are noticed by whoever noted a digest', async (t) => {
  const mustHold = digestOf(GOOD[4] ?? '')
  const options = { key: CHECKER, excerpt: false, running: false, mustHold }
  t.same(codes(verifyRecords(GOOD.slice(0, 3), options)), ['missing-record'])
  t.same(codes(verifyRecords(GOOD, options)), [])
})

t.test('records that were swapped or repeated', async (t) => {
  for (let at = 0; at < GOOD.length - 1; at++) {
    const swapped = GOOD.with(at, GOOD[at + 1] ?? '').with(at + 1, GOOD[at] ?? '')
    t.ok(codes(check(swapped)).includes('gap'), `records ${at + 1} and ${at + 2}`)
  }
  for (let at = 0; at < GOOD.length; at++)
    t.ok(codes(check(GOOD.toSpliced(at, 0, GOOD[at] ?? ''))).includes('repeated'), `record ${at + 1} twice`)
})

t.test('another key, no key, and a chain of somebody else', async (t) => {
  const stranger = { ...CHECKER, id: digestOf('another') }
  t.ok(
    codes(verifyRecords(GOOD, { key: stranger, excerpt: false, running: false })).every((code) => code === 'other-key'),
  )
  t.same(codes(verifyRecords([], { key: CHECKER, excerpt: false, running: false })), ['empty'])
  t.same(codes(verifyRecords(GOOD, { key: CHECKER, excerpt: false, running: false }, 20)), ['torn'])
})

t.test('a session out of its chain, reformatted, can be checked by itself', async (t) => {
  const shuffled = GOOD.slice(1, 3).map((line) => {
    const { record, signature } = JSON.parse(line)
    return JSON.stringify({ signature, record: Object.fromEntries(Object.entries(record).toReversed()) })
  })
  const options = { key: CHECKER, excerpt: true, running: false }
  t.same(codes(verifyRecords(shuffled, options)), [])
  t.same(
    codes(
      verifyRecords(
        shuffled.map((line) => line.replace('"mediaReceived":0', '"mediaReceived":1')),
        options,
      ),
    ),
    ['bad-signature', 'isolation'],
  )
})

t.test('a session that is open: a fault of a node that stopped, none of one that runs', async (t) => {
  const lines = chainOf([STARTED, opening()])
  t.same(codes(check(lines)), ['incomplete'])
  t.same(codes(check(lines, true)), [])
})

t.test('sessions that were closed without being opened, twice, in the wrong order, or across a restart', async (t) => {
  const interrupted: AuditBody = { kind: 'closed', sessionId: 'secure-a', callId: 'call-a', ending: 'interrupted' }
  const boots = ['boot-a', 'boot-a', 'boot-b', 'boot-b']
  t.same(codes(check(chainOf([STARTED, closing()]))), ['incomplete'])
  t.same(codes(check(chainOf([STARTED, opening(), closing(), closing()]))), ['repeated'])
  t.same(codes(check(chainOf([STARTED, closing(), opening()]))), ['course'])
  t.same(codes(check(chainOf([STARTED, opening(), STARTED, interrupted], boots))), [], 'interrupted by a restart')
  t.same(codes(check(chainOf([STARTED, opening(), interrupted]))), ['course'], 'interrupted, though nothing restarted')
  t.same(codes(check(chainOf([STARTED, opening(), STARTED, closing()], boots))), ['course'], 'ended after a restart')
  const late: AuditBody = { ...interrupted, ending: 'not-started', fault: 'secure.draining' }
  t.same(codes(check(chainOf([STARTED, opening(), late]))), [])
  t.same(
    codes(check(chainOf([STARTED, opening(), { ...late, fault: undefined } as unknown as AuditBody]))).length > 0,
    true,
  )
})

t.test('a claim that contradicts itself is noticed, though it is well signed', async (t) => {
  const without = (name: keyof AuditFacts): AuditFacts => {
    const { [name]: _gone, ...facts } = FACTS
    return facts as AuditFacts
  }
  const sent = { ...FACTS.agentLeg?.sent } as NonNullable<AuditFacts['agentLeg']>['sent']
  const agentLeg = FACTS.agentLeg as NonNullable<AuditFacts['agentLeg']>
  const callerLeg = FACTS.callerLeg as NonNullable<AuditFacts['callerLeg']>
  const wipe = FACTS.wipe as NonNullable<AuditFacts['wipe']>
  const verdict = FACTS.verdict as NonNullable<AuditFacts['verdict']>
  const withState = (state: AuditFacts['states'][number], at: number) => ({
    ...FACTS,
    states: FACTS.states.toSpliced(at, 0, state),
  })
  const rejoin = FACTS.rejoin as NonNullable<AuditFacts['rejoin']>
  const lies: readonly (readonly [says: string, facts: AuditFacts, code: Finding['code']])[] = [
    [
      'a packet of the caller at the agent',
      { ...FACTS, agentLeg: { ...agentLeg, sent: { ...sent, port: 1, left: 1451 } } },
      'isolation',
    ],
    ['a packet of unknown origin', { ...FACTS, agentLeg: { ...agentLeg, sent: { ...sent, left: 1451 } } }, 'isolation'],
    ['an agent left joined', { ...FACTS, agentLeg: { ...agentLeg, source: 'port' } }, 'isolation'],
    ['an agent counted too late', { ...FACTS, agentLeg: { ...agentLeg, fromMs: 21 } }, 'isolation'],
    ['an agent counted too long', { ...FACTS, agentLeg: { ...agentLeg, toMs: 29_011 } }, 'isolation'],
    ['an agent not counted', without('agentLeg'), 'isolation'],
    ['a packet that media read', { ...FACTS, callerLeg: { ...callerLeg, mediaReceived: 1 } }, 'isolation'],
    ['a packet that media sent', { ...FACTS, callerLeg: { ...callerLeg, mediaSent: 1 } }, 'isolation'],
    ['a socket that left after the prompt', { ...FACTS, callerLeg: { ...callerLeg, fromMs: 21 } }, 'isolation'],
    ['a caller not counted', without('callerLeg'), 'isolation'],
    ['media lost in a call that goes on', { ...FACTS, mediaLost: true }, 'isolation'],
    [
      'a socket that left before the cut',
      { ...FACTS, states: FACTS.states.filter(({ at }) => at !== 'parting') },
      'isolation',
    ],
    ['a sink not named', { ...FACTS, sinks: FACTS.sinks.slice(0, -1) }, 'sinks'],
    ['a sink off too late', { ...FACTS, sinks: FACTS.sinks.map((sink) => ({ ...sink, ms: 21 })) }, 'sinks'],
    [
      'a sink that was absent and is off',
      { ...FACTS, sinks: FACTS.sinks.map((sink) => ({ ...sink, state: 'off' as const })) },
      'sinks',
    ],
    [
      'an agent leg off by nobody',
      { ...FACTS, sinks: FACTS.sinks.map((sink) => ({ ...sink, by: 'control' as const })) },
      'sinks',
    ],
    ['no wipe', without('wipe'), 'wipe'],
    ['a wipe after the join', { ...FACTS, wipe: { ...wipe, ms: 29_011 } }, 'wipe'],
    ['a wipe before the prompt', { ...FACTS, wipe: { ...wipe, ms: 19 } }, 'wipe'],
    ['a wipe by somebody else', { ...FACTS, wipe: { ...wipe, processId: 73 } }, 'wipe'],
    ['a join without its state', { ...FACTS, states: FACTS.states.slice(0, -1) }, 'wipe'],
    ['a state of being joined without a join', without('rejoin'), 'wipe'],
    ['states backwards in time', { ...FACTS, states: FACTS.states.toReversed() }, 'course'],
    ['a state after the end', { ...FACTS, durationMs: 29_009 }, 'course'],
    ['a verdict with a reason', { ...FACTS, outcome: { result: 'accepted', reason: 'timeout' } }, 'course'],
    ['a failure without one', { ...FACTS, outcome: { result: 'failed' } }, 'course'],
    ['a verdict nobody asked for', without('verdict'), 'course'],
    ['a verdict of the dead', { ...FACTS, wipe: { ...wipe, by: 'vault-death' } }, 'course'],
    ['neither joined nor given up', without('rejoin'), 'course'],
    ['a caller asked before the vault had him', withState({ at: 'asking', field: 0, ms: 4 }, 2), 'course'],
    ['a caller asked after the wipe', withState({ at: 'asking', field: 0, ms: 29_000 }, 6), 'wipe'],
    [
      'more verdicts than requests',
      { ...FACTS, verdict: { ...verdict, earlier: [{ result: 'declined' }, { result: 'declined' }] } },
      'course',
    ],
    ['a join before it came back', { ...FACTS, rejoin: { ...rejoin, ms: 24_999 } }, 'wipe'],
  ]
  for (const [says, facts, code] of lies) {
    const report = check(chainOf([STARTED, opening(), { ...closing(), facts }]))
    t.ok(codes(report).includes(code), `${says}: ${report.findings.map((finding) => finding.says).join('; ')}`)
    t.equal(report.sessions[0]?.sound, false)
  }
  t.same(codes(check(chainOf([STARTED, opening(), { ...closing(), callId: 'call-b' }]))), ['course'], 'another call')
})

t.test('a clock of one run that goes backwards is noticed; that of the wall is not looked at', async (t) => {
  const { record, signature } = JSON.parse(GOOD[0] ?? '')
  const changed = JSON.stringify({ record: { ...record, monotonicMs: 5000 }, signature })
  t.ok(codes(check(GOOD.with(0, changed))).includes('clock'))
})
