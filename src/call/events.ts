/**
 * What the room tells the world: past tense, ids, numbers and words of fixed lists, so that an event can be logged, pushed to a page and kept.
 * Phone numbers are the one personal thing in it, in `call.arrived` alone. No event has room for a key that was pressed.
 */

import {
  aBoolean,
  aListOf,
  aNumber,
  anId,
  anInteger,
  anyOf,
  aRecord,
  aText,
  oneOf,
  optional,
  type ShapeOf,
  theWord,
} from '../base/shape.ts'
import { anEntryFault, anOutcome } from '../vault/contract.ts'
import { aLegQuality } from './leg-quality.ts'

const atMs = aNumber
const callId = anId
const aCode = aText(64, /^[a-z]+\.[a-z-]+$/)
const aSide = oneOf('caller', 'agent')
const aTransferKind = oneOf('blind', 'attended', 'replaced')
/** Of a far end, by which it is known from end to end (RFC 7989). */
const aUuid = optional(aText(32, /^[0-9a-f]{32}$/))
const anAccount = aText(64, /^[A-Za-z0-9_.-]*$/)

/** Why a call is over. */
export const aCallEnding = oneOf(
  'caller-hung-up',
  'agent-hung-up',
  'cancelled',
  'refused',
  'no-answer',
  'not-routed',
  'no-audio',
  'media-lost',
  'hung-up-by-us',
  'vault-stuck',
  'caller-unreachable',
  'transferred',
  'transfer-failed',
)
export type CallEndingWord = ShapeOf<typeof aCallEnding>

/** Who started a secure session. */
export const aStarter = oneOf('token', 'feature-code')

const inSession = { atMs, callId, sessionId: anId }
const aField = anInteger(0, 15)

export const aCallEvent = anyOf(
  /** A new call, before it is routed. */
  aRecord({
    type: theWord('call.arrived'),
    atMs,
    callId,
    origin: oneOf('trunk', 'phone'),
    from: aText(256),
    to: aText(256),
    isEmergency: optional(aBoolean),
    sessionUuid: aUuid,
  }),
  aRecord({ type: theWord('call.ringing'), atMs, callId }),
  /** A phone that was not rung took the call; `by` is its account, `at` that of the phone that rang. */
  aRecord({ type: theWord('call.picked-up'), atMs, callId, by: anAccount, at: anAccount }),
  /** Both hear each other. `agent` is the account of the agent's phone, empty for a PBX. */
  aRecord({
    type: theWord('call.bridged'),
    atMs,
    callId,
    agent: anAccount,
    ringMs: aNumber,
    callerUuid: aUuid,
    agentUuid: aUuid,
  }),
  aRecord({ type: theWord('call.held'), atMs, callId, side: aSide }),
  aRecord({ type: theWord('call.retrieved'), atMs, callId, side: aSide }),
  /** The agent's phone asked that the caller go to somebody else, and that is being done. `by` is the account of the phone. */
  aRecord({ type: theWord('call.transferring'), atMs, callId, kind: aTransferKind, by: anAccount }),
  /** Somebody else is the agent from now on; `agent` is the account of that phone, empty for a PBX or a number outside. */
  aRecord({ type: theWord('call.transferred'), atMs, callId, by: anAccount, agent: anAccount, agentUuid: aUuid }),
  /** Nobody took the call over: `by` goes on talking, unless it has hung up. `status` is what came of the target. */
  aRecord({ type: theWord('call.transfer-failed'), atMs, callId, by: anAccount, status: anInteger(300, 699) }),
  /** A transfer was asked for and not begun: a row of the fault table. `by` is empty for who has no account. */
  aRecord({ type: theWord('call.transfer-refused'), atMs, callId, kind: aTransferKind, by: anAccount, fault: aCode }),
  /** `status` is what the placing leg was refused with. */
  aRecord({
    type: theWord('call.ended'),
    atMs,
    callId,
    ending: aCallEnding,
    status: optional(anInteger(300, 699)),
    durationMs: aNumber,
    talkMs: aNumber,
    secureSessions: anInteger(0, 10_000),
  }),
  /** How a leg of a call that was bridged sounded; comes after its end, unless the media process has gone. */
  aRecord({ type: theWord('call.measured'), atMs, callId, side: aSide, quality: aLegQuality }),
  /** What both ends say is recorded from now on; once more where the caller's leg became another. */
  aRecord({ type: theWord('recording.began'), atMs, callId }),
  /** Nothing of the call is recorded, or nothing more until it is resumed: a row of the fault table. The call goes on. */
  aRecord({ type: theWord('recording.failed'), atMs, callId, fault: aCode }),
  /** It is written again; `lostMs` of it are not there. */
  aRecord({ type: theWord('recording.resumed'), atMs, callId, lostMs: aNumber }),
  /** All of it is on the disk, sealed, but for `lostMs`; comes after the call's end. */
  aRecord({
    type: theWord('recording.ended'),
    atMs,
    callId,
    octets: aNumber,
    segments: anInteger(0, 10_000_000),
    lostMs: aNumber,
  }),
  /** `retryOf` is the session whose form this one took over. */
  aRecord({
    type: theWord('secure.requested'),
    ...inSession,
    startedBy: aStarter,
    flow: aText(64, /^[a-z][a-z0-9-]*$/),
    version: anInteger(1, 999_999),
    form: optional(aText(64, /^[A-Za-z0-9_.-]+$/)),
    retryOf: optional(anId),
  }),
  /** It was asked for and cannot begin: a row of the fault table. */
  aRecord({ type: theWord('secure.not-started'), atMs, callId, fault: aCode, startedBy: aStarter }),
  /** The agent hears music. `tookMs` from the request to the media process's word. */
  aRecord({ type: theWord('secure.parted'), ...inSession, tookMs: aNumber }),
  /** The caller is in the vault. `gapMs` from giving the socket away to the vault's word: the longest silence the caller can have heard. */
  aRecord({ type: theWord('secure.began'), ...inSession, gapMs: aNumber }),
  aRecord({
    type: theWord('secure.asking'),
    ...inSession,
    field: aField,
    name: aText(64),
    attempt: anInteger(1, 10),
    attempts: anInteger(1, 10),
  }),
  aRecord({ type: theWord('secure.progress'), ...inSession, field: aField, keys: anInteger(0, 40) }),
  aRecord({ type: theWord('secure.taken'), ...inSession, field: aField }),
  aRecord({ type: theWord('secure.refused'), ...inSession, field: aField, why: anEntryFault }),
  /** The entry is read back, and the caller is asked whether it is right. */
  aRecord({ type: theWord('secure.confirming'), ...inSession, field: aField }),
  /** The caller asked for more time. `left`: how often he may do so again. */
  aRecord({ type: theWord('secure.more-time'), ...inSession, field: aField, left: anInteger(0, 5) }),
  /** `submission` counts from 1. */
  aRecord({ type: theWord('secure.submitting'), ...inSession, submission: anInteger(1, 1000) }),
  /** A verdict that does not end the session. */
  aRecord({ type: theWord('secure.answered'), ...inSession, outcome: anOutcome }),
  /** The caller waits for what the agent orders. */
  aRecord({ type: theWord('secure.waiting-for-agent'), ...inSession, waitMs: aNumber }),
  /** The agent's order went to the vault. */
  aRecord({
    type: theWord('secure.ordered'),
    ...inSession,
    order: oneOf('again', 'again-all', 'go-on'),
    fields: aListOf(aField, 16),
  }),
  aRecord({ type: theWord('secure.wiped'), ...inSession, outcome: anOutcome }),
  /** The vault died, and its memory with it. */
  aRecord({ type: theWord('secure.vault-lost'), ...inSession }),
  /** When media was told to join, as in the audit record; comes once it has. `gapMs` from the socket's return until it had. */
  aRecord({ type: theWord('secure.rejoined'), ...inSession, gapMs: aNumber }),
  /** After the rejoin nothing was heard of a side, though sound was due: what is done about it. */
  aRecord({ type: theWord('secure.one-way'), ...inSession, side: aSide, repair: oneOf('reassigned', 're-invited') }),
  /** `resultString` is that of PC-69 to PC-72. */
  aRecord({
    type: theWord('secure.ended'),
    ...inSession,
    outcome: anOutcome,
    resultString: aText(400),
    durationMs: aNumber,
    rejoined: oneOf('yes', 'no'),
  }),
)
export type CallEvent = ShapeOf<typeof aCallEvent>

export type CallListener = (event: CallEvent) => void
