/** What happened between two states of the desk, in words for whoever shows the desk in a page of his own, and for the alert. Pure. No value of a card is in it. */

import { type Call, type Desk, isAgentIn, type Session } from './desk-state.ts'

export type DeskChange =
  | {
      readonly type: 'sotto-call'
      readonly detail: { readonly callId: string; readonly state: string; readonly from: string; readonly to: string }
    }
  | {
      readonly type: 'sotto-secure-began'
      readonly detail: { readonly callId: string; readonly sessionId: string; readonly form: string | undefined }
    }
  | {
      readonly type: 'sotto-secure-ended'
      readonly detail: {
        readonly callId: string
        readonly sessionId: string
        readonly result: 'accepted' | 'declined' | 'failed'
        readonly reason: string | undefined
        readonly reference: string | undefined
        readonly resultString: string | undefined
        readonly rejoined: boolean
      }
    }

/** @returns what changed, in the order in which it is told. Nothing of the first reading: it is no news. */
export function changesBetween(before: Desk, after: Desk): readonly DeskChange[] {
  if (!before.isRead) return after.calls.map(callChange)
  const gone = before.calls
    .filter(({ callId, endedAtMs }) => endedAtMs === undefined && !after.calls.some((call) => call.callId === callId))
    .map((call) => callChange({ ...call, state: 'ended' }))
  return [
    ...gone,
    ...after.calls.flatMap((call) => {
      const old = before.calls.find(({ callId }) => callId === call.callId)
      const sessions = isAgentIn(call, after) ? sessionChanges(old, call) : []
      return [...(old?.state === call.state ? [] : [callChange(call)]), ...sessions]
    }),
  ]
}

function callChange({ callId, state, from, to }: Call): DeskChange {
  return { type: 'sotto-call', detail: { callId, state, from, to } }
}

function sessionChanges(old: Call | undefined, call: Call): readonly DeskChange[] {
  return call.secureSessions.flatMap((session) => {
    const known = old?.secureSessions.find(({ sessionId }) => sessionId === session.sessionId)
    const began = known === undefined ? [beganIn(session)] : []
    const wasOver = known?.outcome !== undefined
    return wasOver || session.outcome === undefined || session.endedAtMs === undefined
      ? began
      : [...began, endedIn(session, session.outcome)]
  })
}

function beganIn({ callId, sessionId, form }: Session): DeskChange {
  return { type: 'sotto-secure-began', detail: { callId, sessionId, form: form?.name } }
}

function endedIn(
  { callId, sessionId, resultString, rejoined }: Session,
  { result, reason, reference }: NonNullable<Session['outcome']>,
): DeskChange {
  return {
    type: 'sotto-secure-ended',
    detail: { callId, sessionId, result, reason, reference, resultString, rejoined },
  }
}
