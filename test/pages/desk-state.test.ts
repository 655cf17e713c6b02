/** What the desk shows of what happens, without a browser. */

import t from 'tap'
import { changesBetween } from '../../pages/desk/desk-changes.ts'
import {
  afterEndRead,
  afterEvent,
  afterRead,
  type Call,
  choose,
  closeOutcome,
  type Desk,
  faceOf,
  NO_DESK,
  runningIn,
  type Session,
} from '../../pages/desk/desk-state.ts'

const call = (callId: string, more: Partial<Call> = {}): Call => ({
  ...{ callId, state: 'bridged', origin: 'trunk', from: '100', to: '200', isEmergency: false },
  agentLeg: { legId: 'leg-1', account: 'agent', held: false },
  ...{ startedAtMs: 1000, bridgedAtMs: 2000, transfers: [], secureSessions: [] },
  ...more,
})
const session = (sessionId: string, more: Partial<Session> = {}): Session => ({
  ...{ sessionId, callId: 'a', startedBy: 'token', flow: { id: 'f', version: 1, title: 'F' }, startedAtMs: 3000 },
  ...{ stage: 'asking', attempt: 1, attempts: 3, keys: 0, fields: [], limitMs: 60_000, leftMs: 60_000, verdicts: [] },
  ...{ rejoined: false, auditRecord: 1 },
  ...more,
})
const over = (sessionId: string, more: Partial<Session> = {}): Session =>
  session(sessionId, {
    ...{ stage: 'ended', endedAtMs: 9000, rejoined: true, outcome: { result: 'accepted', reference: 'R-1' } },
    ...more,
  })
const OTHERS = { legId: 'leg-2', account: 'agent-2', held: false } as const
const mine: Desk = { ...NO_DESK, account: 'agent' }
const reading = (desk: Desk, ...calls: Call[]) => afterRead(desk, { calls, nowMs: 10_000 }, 4000)

t.test('calls of other phones are not shown, nor is any to who has no phone', async (t) => {
  const others = call('b', { agentLeg: OTHERS })
  t.strictSame(
    reading(mine, call('a'), others).calls.map(({ callId }) => callId),
    ['a'],
  )
  t.strictSame(reading(NO_DESK, call('a')).calls, [])
  t.equal(reading(mine, call('a')).serverAheadMs, 6000)
})

t.test('with several calls, the one that was chosen stays until it is gone', async (t) => {
  const both = reading(mine, call('a'), call('b', { startedAtMs: 2000 }))
  t.equal(both.chosen, 'a', 'the oldest')
  const chosen = choose(both, 'b')
  t.equal(reading(chosen, call('a'), call('b')).chosen, 'b')
  t.equal(reading(chosen, call('a')).chosen, 'a')
  t.equal(choose(chosen, 'elsewhere').chosen, 'a', 'one that is not there is not worked at')
})

t.test('keys are counted as they come, and anything else has the calls read', async (t) => {
  const desk = reading(mine, call('a', { secureSessions: [over('s0'), session('s1')] }))
  const progress = { type: 'secure.progress', callId: 'a', sessionId: 's1', field: 0, keys: 5 }
  const step = afterEvent(desk, progress)
  t.equal(step.mustRead, false)
  t.equal(step.desk.calls[0]?.secureSessions[1]?.keys, 5)
  t.equal(afterEvent(desk, { ...progress, sessionId: 's0' }).desk.calls[0]?.secureSessions[0]?.keys, 0, 'it is over')
  for (const type of ['call.ended', 'call.bridged', 'secure.wiped', 'secure.ended'])
    t.equal(afterEvent(desk, { type, callId: 'a' }).mustRead, true, type)
  for (const type of ['trunk.up', 'directory.changed'])
    t.strictSame(afterEvent(desk, { type }), { desk, mustRead: false }, type)
})

t.test('a question sets the count back, and says of a second attempt why', async (t) => {
  const desk = reading(mine, call('a', { secureSessions: [session('s1', { keys: 4 })] }))
  const refused = afterEvent(desk, { type: 'secure.refused', callId: 'a', sessionId: 's1', field: 0, why: 'too-short' })
  t.strictSame(refused.desk.refusal, { sessionId: 's1', why: 'too-short' })
  const asking = { type: 'secure.asking', callId: 'a', sessionId: 's1', field: 1, name: 'expiry date', attempts: 3 }
  const again = afterEvent(refused.desk, { ...asking, attempt: 2 })
  t.match(again.desk.calls[0]?.secureSessions[0], { keys: 0, attempt: 2, field: { index: 1, name: 'expiry date' } })
  t.ok(again.desk.refusal)
  t.equal(afterEvent(refused.desk, { ...asking, attempt: 1 }).desk.refusal, undefined)
})

t.test('what there is to do follows the server', async (t) => {
  const at = (of: Call) => faceOf(of, { account: 'agent', closed: new Set(['s1']) }).at
  const { bridgedAtMs: _, ...ringing } = call('a')
  t.equal(at(ringing), 'ringing')
  t.equal(at(call('a')), 'talking')
  t.equal(at(call('a', { secureSessions: [session('s2')] })), 'waiting')
  t.equal(at(call('a', { secureSessions: [over('s2')] })), 'outcome')
  t.equal(at(call('a', { secureSessions: [over('s1')] })), 'talking', 'its outcome was closed')
  t.equal(at(call('a', { secureSessions: [over('s2'), session('s3')] })), 'waiting', 'a second one')
  t.equal(runningIn(call('a', { secureSessions: [over('s2')] })), undefined)
})

t.test('who has called a colleague has no Secure Input in that call: its agent has', async (t) => {
  const legs = { callerLeg: { legId: 'leg-3', account: 'agent', held: false }, agentLeg: OTHERS }
  const at = (more: Partial<Call>) => faceOf(call('a', { ...legs, ...more }), mine).at
  const { bridgedAtMs: _, ...ringing } = call('a', legs)
  t.equal(faceOf(ringing, mine).at, 'ringing')
  t.equal(at({}), 'other-end')
  t.equal(at({ secureSessions: [session('s1')] }), 'other-end')
  t.equal(at({ secureSessions: [over('s1')] }), 'other-end')
  const desk = reading(mine, call('a', { ...legs, secureSessions: [over('s1')] }))
  t.strictSame(reading(desk).calls, [], 'it goes when it is over')
  const before = reading(mine, call('a', legs))
  t.strictSame(changesBetween(before, desk), [], 'and nobody is told there that a caller is back')
})

t.test('a call that is over stays until its outcome was closed', async (t) => {
  const desk = reading(mine, call('a', { secureSessions: [over('s1')] }))
  const gone = reading(desk)
  t.match(gone.calls, [{ callId: 'a', state: 'ended' }])
  t.match(faceOf(gone.calls[0] as Call, gone), { at: 'outcome', isOver: true })
  t.strictSame(closeOutcome(gone, 's1').calls, [])
  t.strictSame(reading(reading(mine, call('a'))).calls, [], 'one without a session goes at once')
  const read = call('a', { endedAtMs: 12_000, secureSessions: [over('s1')] })
  t.equal(afterEndRead(gone, read).calls[0]?.endedAtMs, 12_000)
})

t.test('what happened is told once, and holds no value of a card', async (t) => {
  const first = reading(mine, call('a'))
  t.match(changesBetween(mine, first), [{ type: 'sotto-call', detail: { callId: 'a', state: 'bridged' } }])
  t.strictSame(changesBetween(first, first), [])
  const began = reading(first, call('a', { state: 'secure', secureSessions: [session('s1')] }))
  t.strictSame(
    changesBetween(first, began).map(({ type }) => type),
    ['sotto-call', 'sotto-secure-began'],
  )
  const ended = { result: 'accepted', lastFour: '4242', brand: 'visa', reference: 'R-1', details: 'Good' } as const
  const back = reading(began, call('a', { secureSessions: [over('s1', { outcome: ended, resultString: 'r' })] }))
  t.strictSame(changesBetween(began, back).at(-1), {
    type: 'sotto-secure-ended',
    detail: {
      ...{ callId: 'a', sessionId: 's1', result: 'accepted', reason: undefined, reference: 'R-1' },
      ...{ resultString: 'r', rejoined: true },
    },
  })
  t.strictSame(changesBetween(back, closeOutcome(back, 's1')), [])
  t.match(changesBetween(first, reading(first)), [{ type: 'sotto-call', detail: { callId: 'a', state: 'ended' } }])
  const late = reading(mine, call('a', { secureSessions: [over('s1')] }))
  t.strictSame(
    changesBetween(mine, late).map(({ type }) => type),
    ['sotto-call'],
    'what was over before the page was there is no news',
  )
})
