import t from 'tap'
import type { CallView } from '../../src/call/call-view.ts'
import { createHistory } from '../../src/call/history.ts'

const call = (callId: string): CallView => ({
  callId,
  state: 'ended',
  origin: 'trunk',
  from: 'a',
  to: 'b',
  callerLeg: undefined,
  agentLeg: undefined,
  isEmergency: false,
  startedAtMs: 1,
  bridgedAtMs: undefined,
  endedAtMs: 2,
  ending: 'no-answer',
  transfers: [],
  status: undefined,
  secureSessions: [],
})

t.test('the newest come first, and the oldest go', async (t) => {
  const history = createHistory(2)
  for (const callId of ['one', 'two', 'three']) history.add(call(callId))
  t.same(
    history.list().map((each) => each.callId),
    ['three', 'two'],
  )
  t.equal(history.get('one'), undefined)
  t.equal(history.get('two')?.callId, 'two')
})

t.test('a newer picture stays in its place, and none comes back', async (t) => {
  const history = createHistory(2)
  for (const callId of ['one', 'two', 'three']) history.add(call(callId))
  for (const callId of ['one', 'two']) history.replace({ ...call(callId), ending: 'refused' })
  t.match(history.list(), [
    { callId: 'three', ending: 'no-answer' },
    { callId: 'two', ending: 'refused' },
  ])
  t.equal(history.list().length, 2)
  t.equal(history.get('one'), undefined)
})

t.test('nothing is kept where nothing is to be', async (t) => {
  const history = createHistory(0)
  history.add(call('one'))
  t.same(history.list(), [])
})
