import t from 'tap'
import type { CallEnding } from '../../src/call/call-states.ts'
import type { CallView } from '../../src/call/call-view.ts'
import { endedEvent, endingWord } from '../../src/call/ending.ts'
import { aCallEnding, aCallEvent } from '../../src/call/events.ts'

const rows: readonly (readonly [ending: CallEnding, callerPlaced: string, agentPlaced: string])[] = [
  ['placing-hung-up', 'caller-hung-up', 'agent-hung-up'],
  ['placed-hung-up', 'agent-hung-up', 'caller-hung-up'],
  ['secure-failed', 'vault-stuck', 'vault-stuck'],
  ['no-answer', 'no-answer', 'no-answer'],
]
for (const [ending, callerPlaced, agentPlaced] of rows) {
  t.test(
    `${ending} is ${callerPlaced} when the caller placed the call, ${agentPlaced} when the agent did`,
    async (t) => {
      t.equal(endingWord(ending, 'caller'), callerPlaced)
      t.equal(endingWord(ending, 'agent'), agentPlaced)
      t.ok(aCallEnding(endingWord(ending, 'agent')))
    },
  )
}

const view: CallView = {
  callId: 'call-bcd',
  state: 'ended',
  origin: 'trunk',
  from: 'a',
  to: 'b',
  callerLeg: undefined,
  agentLeg: undefined,
  isEmergency: false,
  startedAtMs: 100,
  bridgedAtMs: 400,
  endedAtMs: 1000,
  ending: 'agent-hung-up',
  transfers: [],
  status: undefined,
  secureSessions: [],
}

t.test('the last event counts from the arrival and from the answer', async (t) => {
  const event = endedEvent(view, 1000)
  t.ok(aCallEvent(event))
  t.match(event, { durationMs: 900, talkMs: 600, ending: 'agent-hung-up' })
  t.notOk('status' in event)
  t.match(endedEvent({ ...view, bridgedAtMs: undefined, status: 486 }, 1000), { talkMs: 0, status: 486 })
})
