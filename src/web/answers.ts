/**
 * What the API answers about calls, as schemas for its document. They name what clients work with; a member that is added later breaks nobody, so
 * that objects are open where the room that makes them may add.
 */

import { Type } from 'typebox'

const anId = Type.String({ maxLength: 64 })
const clockMs = Type.Number({ description: "Milliseconds of the server's clock, which runs on from its start." })
const aCount = Type.Integer({ minimum: 0 })
const maybe = Type.Optional

const aSide = Type.Enum(['caller', 'agent'])
const aQuality = Type.Object({}, { description: 'Packets, loss, jitter, round trip and an estimated score of a leg.' })
const aLeg = Type.Object({
  legId: anId,
  account: maybe(Type.String({ description: "Account of the phone; absent for a trunk's or a PBX's." })),
  trunk: maybe(Type.String()),
  held: Type.Boolean(),
  codec: maybe(Type.String()),
  srtp: maybe(Type.String()),
  quality: maybe(aQuality),
})

const anOutcome = Type.Object({
  result: Type.Enum(['accepted', 'declined', 'failed']),
  details: maybe(Type.String()),
  reference: maybe(Type.String()),
  brand: maybe(Type.String()),
  lastFour: maybe(Type.String({ pattern: '^[0-9]{4}$' })),
  reason: maybe(Type.String()),
})

export const aSecureSession = Type.Object({
  sessionId: anId,
  callId: anId,
  startedBy: Type.String(),
  flow: Type.Object({ id: Type.String(), version: Type.Integer(), title: Type.String() }),
  form: maybe(Type.Object({ name: Type.String(), revision: Type.Integer(), title: Type.String() })),
  retryOf: maybe(anId),
  startedAtMs: clockMs,
  endedAtMs: maybe(clockMs),
  stage: Type.String(),
  field: maybe(Type.Object({ index: aCount, name: Type.String() })),
  attempt: aCount,
  attempts: aCount,
  keys: Type.Integer({ minimum: 0, description: 'How many keys the current entry has; never which.' }),
  fields: Type.Array(
    Type.Object({
      name: Type.String(),
      kind: Type.String(),
      status: Type.Enum(['to-come', 'asking', 'confirming', 'taken', 'forgotten']),
      attempt: aCount,
      attempts: aCount,
      refusals: aCount,
    }),
  ),
  limitMs: Type.Number(),
  leftMs: Type.Number(),
  orderUntilMs: maybe(Type.Number({ description: 'Until when the agent is waited for, by the same clock.' })),
  verdicts: Type.Array(anOutcome),
  outcome: maybe(anOutcome),
  resultString: maybe(Type.String()),
  rejoined: Type.Boolean(),
  auditRecord: aCount,
})

export const aCall = Type.Object({
  callId: anId,
  state: Type.String(),
  origin: Type.Enum(['trunk', 'phone']),
  from: Type.String({ description: 'As the far end gave it: somebody else has chosen the text.' }),
  to: Type.String(),
  isEmergency: Type.Boolean(),
  callerLeg: maybe(aLeg),
  agentLeg: maybe(aLeg),
  startedAtMs: clockMs,
  bridgedAtMs: maybe(clockMs),
  endedAtMs: maybe(clockMs),
  ending: maybe(Type.String()),
  status: maybe(Type.Integer()),
  transfers: Type.Array(Type.Object({ atMs: clockMs, kind: Type.String(), by: Type.String(), outcome: Type.String() })),
  secureSessions: Type.Array(aSecureSession),
})
export const someCalls = Type.Object(
  {
    nowMs: clockMs,
    calls: Type.Array(aCall),
    next: maybe(Type.String({ description: 'For `after` of the next page; absent on the last.' })),
  },
  { additionalProperties: false },
)
export const someSessions = Type.Object({ secureSessions: Type.Array(aSecureSession) }, { additionalProperties: false })
export const aCallQuality = Type.Object(
  { caller: maybe(aQuality), agent: maybe(aQuality) },
  { additionalProperties: false },
)
export const aStarted = Type.Object({ sessionId: anId }, { additionalProperties: false })
export const nothingMore = Type.Object({}, { additionalProperties: false })
export const someRecords = Type.Object(
  { sessionId: anId, publicKey: Type.String(), records: Type.Array(Type.Object({})) },
  { additionalProperties: false },
)

export const aKeptCall = Type.Object({
  callId: anId,
  startedAt: Type.String(),
  bridgedAt: maybe(Type.String()),
  endedAt: maybe(Type.String()),
  origin: Type.String(),
  from: Type.String(),
  to: Type.String(),
  agent: maybe(Type.String()),
  trunk: maybe(Type.String()),
  ending: maybe(Type.String()),
  status: maybe(Type.Integer()),
  legs: Type.Array(Type.Object({ side: aSide, legId: anId })),
  secureSessions: Type.Array(
    Type.Object({ sessionId: anId, flow: Type.String(), version: Type.Integer(), startedAt: Type.String() }),
  ),
})
export const someKeptCalls = Type.Object(
  {
    calls: Type.Array(aKeptCall),
    next: maybe(Type.String({ description: 'For `after` of the next page; absent on the last.' })),
  },
  { additionalProperties: false },
)
