import t from 'tap'
import { aCallEvent, type CallEvent } from '../../src/call/events.ts'

const ids = { atMs: 1.5, callId: 'call-bcd', sessionId: 'secure-bcd' }
const events: readonly CallEvent[] = [
  { type: 'call.arrived', atMs: 1, callId: 'call-bcd', origin: 'trunk', from: '+491', to: '100' },
  {
    type: 'call.ended',
    atMs: 1,
    callId: 'call-bcd',
    ending: 'no-answer',
    status: 480,
    durationMs: 1,
    talkMs: 0,
    secureSessions: 0,
  },
  { type: 'secure.progress', ...ids, field: 0, keys: 16 },
  { type: 'secure.wiped', ...ids, outcome: { result: 'declined', details: 'no' } },
]

t.test('events have their shape', async (t) => {
  for (const event of events) t.ok(aCallEvent(event), event.type)
})

t.test('nothing else fits in, least of all what was keyed', async (t) => {
  for (const event of events) t.notOk(aCallEvent({ ...event, digits: '4' }), event.type)
  t.notOk(aCallEvent({ type: 'secure.progress', ...ids, field: 0, keys: '4111' }))
  t.notOk(aCallEvent({ type: 'secure.progress', ...ids, field: 0, keys: 41 }))
  t.notOk(aCallEvent({ type: 'secure.typed', ...ids }))
})
