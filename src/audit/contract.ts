/**
 * What an audit record may hold, member by member, and the door through which secure sessions are recorded. Ids, counts, times and words of
 * fixed lists: no digit that was keyed, no telephone number, no sentence of anybody's.
 *
 * A session has two records: `opened`, on the disk before the legs are parted, and `closed` at its end. Times called `ms` count from the
 * request; `monotonicMs` is the clock of the process that wrote, comparable within one `boot`; `wall` is for people.
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

const aCount = anInteger(0, Number.MAX_SAFE_INTEGER)
const someMs = aNumber
const aDigest = aText(43, /^[A-Za-z0-9_-]{43}$/)
const aCode = aText(64, /^[a-z]+\.[a-z-]+$/)
const aWord = aText(64, /^[a-z]+(-[a-z]+)*$/)
const aSide = oneOf('caller', 'agent')

/** Everything that could get a caller's sound or keys (PC-13, PC-14). */
export const SINK_NAMES = [
  'agent-leg',
  'supervisor',
  'recorder',
  'siprec',
  'transcription',
  'ai-leg',
  'pcap-tap',
  'webhooks',
] as const
export const aSinkName = oneOf(...SINK_NAMES)
export type SinkName = ShapeOf<typeof aSinkName>

/** `absent`: this node has no such thing. `by` says who acknowledged. */
export const aSinkState = aRecord({
  name: aSinkName,
  state: oneOf('off', 'absent'),
  by: oneOf('media', 'control'),
  ms: someMs,
})
export type SinkState = ShapeOf<typeof aSinkState>

/** A protection of a vault process: what it said of itself, and what control read in `/proc`. */
const aProtection = aRecord({ name: aText(32, /^[A-Za-z]+$/), claimed: aBoolean, seen: oneOf('yes', 'no', 'unknown') })
export const anAttestation = aRecord({
  protections: aListOf(aProtection, 16),
  /** 0 none, 1 strict, 2 filter; absent when it cannot be read. */
  seccomp: optional(anInteger(0, 2)),
  lockedKb: optional(aCount),
  /** The most it may lock, kB; absent when unlimited or unreadable. */
  lockableKb: optional(aCount),
  /** `kernel.yama.ptrace_scope`; absent when the kernel has none. */
  ptraceScope: optional(anInteger(0, 3)),
})
export type Attestation = ShapeOf<typeof anAttestation>

/** What a leg was sent by media, by origin, and how many packets left in all: the sum must be the same. */
export const somePacketsSent = aRecord({
  port: aCount,
  holdMusic: aCount,
  ringback: aCount,
  silence: aCount,
  chime: aCount,
  left: aCount,
})

/** States told by the vault for which there is room in a record; there is a rest for those of the session itself. */
export const VAULT_STATES_MAX = 480
const STATES_MAX = 512
/** Earlier verdicts that a record has room for; the number of requests tells of more. */
export const EARLIER_MAX = 64

/** Of the session, and of the vault while it has the caller; `field` where one is asked for or read back, from 0. */
const aStateEntered = aRecord({ at: aWord, ms: someMs, field: optional(aCount) })
const aWipe = aRecord({ by: oneOf('vault', 'vault-death'), processId: aCount, ms: someMs })
/** A verdict that did not end the session. */
const anAnswer = aRecord({
  result: oneOf('accepted', 'declined', 'failed'),
  reason: optional(aWord),
  detailsDigest: optional(aDigest),
})
const aRepair = aRecord({ side: aSide, repair: oneOf('reassigned', 're-invited'), mended: aBoolean })

/** What happened, as counted and confirmed by those who did it. */
export const someFacts = aRecord({
  /** Of the request, on the clock of this boot. */
  startedMs: someMs,
  durationMs: someMs,
  states: aListOf(aStateEntered, STATES_MAX),
  /** States of the vault after so many. */
  statesLeftOut: optional(aCount),
  sinks: aListOf(aSinkState, 16),
  /** The vault has the caller and speaks; absent when it never did. */
  firstPromptMs: optional(someMs),
  /** From the cut to the moment before the join, or the leg's end. Absent when media could not say. */
  agentLeg: optional(
    aRecord({
      fromMs: someMs,
      toMs: someMs,
      /** What media says it plays there, after the cut. */
      source: oneOf('port', 'hold-music', 'ringback', 'silence', 'nothing'),
      sent: somePacketsSent,
      /** From the agent, heard by nobody. */
      received: aCount,
    }),
  ),
  /** While the socket was away: what media received and sent on it, and what the vault did. */
  callerLeg: optional(
    aRecord({
      fromMs: someMs,
      toMs: someMs,
      mediaReceived: aCount,
      mediaSent: aCount,
      /** Absent when the vault died: its counts died with it. */
      vaultReceived: optional(aCount),
      vaultSent: optional(aCount),
      /** Keys until the wipe, by what told each first: telephone-event, tone, SIP INFO. Absent where a field is secret in its length. */
      presses: optional(aRecord({ event: aCount, tone: aCount, info: aCount })),
    }),
  ),
  mediaProcessId: optional(aCount),
  vaultProcessId: optional(aCount),
  attestation: optional(anAttestation),
  /** Absent when no vault ever had the socket. */
  wipe: optional(aWipe),
  rejoin: optional(
    aRecord({
      ms: someMs,
      /** From the socket's return to the join. */
      gapMs: someMs,
      /** From the join to the first packet of the one that the other was sent. */
      toCallerMs: optional(someMs),
      toAgentMs: optional(someMs),
      repairs: aListOf(aRepair, 8),
    }),
  ),
  outcome: aRecord({ result: oneOf('accepted', 'declined', 'failed'), reason: optional(aWord) }),
  /** The validation service's answer: the transaction it was asked under, and the SHA-256 of its sentence. */
  verdict: optional(
    aRecord({
      transactionId: anId,
      submissions: aCount,
      detailsDigest: optional(aDigest),
      /** Verdicts after which the session went on, oldest first. */
      earlier: optional(aListOf(anAnswer, EARLIER_MAX)),
    }),
  ),
  fieldsTaken: aCount,
  entriesRefused: aCount,
  /** Whether both legs were given up with the session. */
  callEnded: aBoolean,
  /** The media process died with the call, and its counts with it: isolation is not shown then. */
  mediaLost: aBoolean,
})
export type AuditFacts = ShapeOf<typeof someFacts>

const aStarted = aRecord({
  kind: theWord('started'),
  version: aText(64, /^[\w.+-]+$/),
  node: aText(64, /^[\w.+-]+$/),
  /** SHA-256 over the program's files. */
  program: aDigest,
  /** Octets of a record that a kill had cut off; they were taken away. */
  tornOctets: aCount,
})
const aResumed = aRecord({ kind: theWord('resumed'), fault: aCode, missedMs: someMs })
export const anOpening = aRecord({
  kind: theWord('opened'),
  sessionId: anId,
  callId: anId,
  startedBy: aRecord({ by: oneOf('token', 'feature-code'), account: optional(aText(64, /^[\w.*-]+$/)) }),
  flow: aRecord({ id: aText(64, /^[\w.-]+$/), version: optional(aCount) }),
  /** By which the two ends are known in the systems before and behind (RFC 7989); absent where none was ever told. */
  callerUuid: optional(aText(32, /^[0-9a-f]{32}$/)),
  agentUuid: optional(aText(32, /^[0-9a-f]{32}$/)),
  sinks: aListOf(aSinkState, 16),
})
export type Opening = ShapeOf<typeof anOpening>
export const aClosing = aRecord({
  kind: theWord('closed'),
  sessionId: anId,
  callId: anId,
  /** `interrupted`: everything went down with the session; written at the next start. `not-started`: refused after all, before the cut. */
  ending: oneOf('ended', 'interrupted', 'not-started'),
  fault: optional(aCode),
  facts: optional(someFacts),
})
export type Closing = ShapeOf<typeof aClosing>

export const anAuditBody = anyOf(aStarted, aResumed, anOpening, aClosing)
export type AuditBody = ShapeOf<typeof anAuditBody>

export const anAuditRecord = aRecord({
  format: theWord('sotto-audit-1'),
  /** Id of the key, and so of the node's chain. */
  chain: aDigest,
  /** Counts up by one, whatever any clock says. */
  number: anInteger(1, Number.MAX_SAFE_INTEGER),
  /** SHA-256 of the line before; of the chain's name for the first. */
  previous: aDigest,
  boot: anId,
  wall: aText(24, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  monotonicMs: someMs,
  body: anAuditBody,
})
export type AuditRecord = ShapeOf<typeof anAuditRecord>

export const aSealedRecord = aRecord({ record: anAuditRecord, signature: aText(86, /^[A-Za-z0-9_-]{86}$/) })
export type SealedRecord = ShapeOf<typeof aSealedRecord>

/** Where sessions are recorded. */
export type AuditTrail = {
  /** Records can be written just now. */
  readonly available: boolean
  /** @returns the record's number once it is on the disk. @throws Fault `audit.not-writable` and the like: then nothing may begin. */
  open(opening: Opening): Promise<number>
  /** As `open`, but it is kept and written as soon as the disk takes it. */
  close(closing: Closing): Promise<number>
  /** The records of a session that this process wrote, oldest first. */
  recordsOf(sessionId: string): readonly SealedRecord[]
  /** The public half of the signing key, PEM. */
  readonly publicKey: string
}
