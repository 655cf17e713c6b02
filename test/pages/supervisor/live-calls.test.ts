import t from 'tap'
import {
  asked,
  type Call,
  type Live,
  NO_CALLS,
  runningIn,
  type Session,
  withCall,
  withEvents,
  withList,
} from '../../../pages/supervisor/live-calls.ts'

const SESSION: Session = {
  ...{ sessionId: 'secure-1', callId: 'call-1', startedBy: 'token', startedAtMs: 5, stage: 'parting' },
  flow: { id: 'card-payment', version: 1, title: 'Card payment' },
  ...{ attempt: 0, attempts: 0, keys: 0, fields: [], limitMs: 300_000, leftMs: 300_000, verdicts: [] },
  ...{ rejoined: false, auditRecord: 7 },
}
function call(callId: string, secureSessions: Session[] = []): Call {
  return {
    ...{ callId, state: 'bridged', origin: 'trunk', from: '+493012345678', to: '100', isEmergency: false },
    ...{ startedAtMs: 1, transfers: [], secureSessions },
  }
}
const live = withList(NO_CALLS, [call('call-1', [SESSION]), call('call-2')])
const secure = (type: string, more: object = {}) => ({ type, callId: 'call-1', sessionId: 'secure-1', ...more })
const sessionIn = (of: Live) => of.calls.get('call-1')?.secureSessions[0]

t.test('what an event says is put in at once', async (t) => {
  const rows: [object & { type: string }, Partial<Session>][] = [
    [secure('secure.parted'), { stage: 'handing' }],
    [secure('secure.began'), { stage: 'saying' }],
    [
      secure('secure.asking', { field: 1, name: 'expiry date', attempt: 2, attempts: 3 }),
      { stage: 'asking', field: { index: 1, name: 'expiry date' }, attempt: 2, attempts: 3, keys: 0 },
    ],
    [secure('secure.progress', { field: 1, keys: 3 }), { keys: 3 }],
    [secure('secure.refused', { field: 1, why: 'too-short' }), { keys: 0 }],
    [secure('secure.confirming', { field: 1 }), { stage: 'confirming' }],
    [secure('secure.submitting', { submission: 1 }), { stage: 'submitting' }],
    [secure('secure.waiting-for-agent', { waitMs: 1000 }), { stage: 'waiting-for-agent' }],
    [secure('secure.wiped'), { stage: 'returning' }],
    [secure('secure.rejoined', { gapMs: 3 }), { stage: 'rejoining' }],
  ]
  for (const [event, wanted] of rows) {
    const next = withEvents(live, [event], false)
    t.match(sessionIn(next), wanted, event.type)
    t.equal(next.unread.size, 0)
    t.equal(sessionIn(live)?.stage, 'parting', 'what was before stays as it was')
  }
})

t.test('what it leaves open is read', async (t) => {
  const events = [
    { type: 'call.bridged', callId: 'call-3', agent: 'alice' },
    { type: 'call.held', callId: 'call-2', side: 'agent' },
    secure('secure.ended'),
    { type: 'secure.asking', callId: 'call-2', sessionId: 'secure-9', field: 0, name: 'credit card' },
  ]
  t.strictSame([...withEvents(live, events, false).unread], ['call-3', 'call-2', 'call-1'])
  const passed = [
    { type: 'call.measured', callId: 'call-9' },
    { type: 'secure.not-started', callId: 'call-1' },
    { type: 'trunk.up' },
  ]
  t.strictSame([...withEvents(live, passed, false).unread], [])
})

t.test('a call that ends is gone, whatever an older answer says', async (t) => {
  const reading = asked(withEvents(live, [{ type: 'call.held', callId: 'call-2' }], false))
  t.equal(reading.unread.size, 0)
  const ended = withEvents(reading, [{ type: 'call.ended', callId: 'call-2' }], true)
  t.strictSame([...ended.calls.keys()], ['call-1'])
  t.strictSame([...withCall(ended, 'call-2', call('call-2')).calls.keys()], ['call-1'])
  t.strictSame([...withList(ended, [call('call-1'), call('call-2')]).calls.keys()], ['call-1'])
  t.strictSame([...withCall(asked(ended), 'call-2', call('call-2')).calls.keys()], ['call-1', 'call-2'])
})

t.test('what happens while it is read is read again', async (t) => {
  t.strictSame([...withEvents(live, [secure('secure.progress', { keys: 2 })], true).unread], ['call-1'])
})

t.test('a call that is not seen any more, or is over, is none of those that stand', async (t) => {
  t.strictSame([...withCall(live, 'call-1', undefined).calls.keys()], ['call-2'])
  t.strictSame([...withCall(live, 'call-1', { ...call('call-1'), endedAtMs: 9 }).calls.keys()], ['call-2'])
})

t.test('the session that runs', async (t) => {
  const over = { ...SESSION, sessionId: 'secure-0', endedAtMs: 4 }
  t.equal(runningIn(call('call-1', [over])), undefined)
  t.equal(runningIn(call('call-1', [over, SESSION])), SESSION)
})
