/**
 * Everything that may enter or leave the vault. Each message is checked against these shapes on both sides of the channel.
 *
 * What leaves is fixed in shape: which field is asked for, how many keys were pressed, a verdict, the validation service's
 * sentence (cleaned, and searched for the entry before it leaves), and after a positive verdict the brand and the last four.
 * Nothing here has room for a digit that was keyed, and nothing may be added that has.
 */

import {
  aBoolean,
  aListOf,
  anId,
  anInteger,
  anyOf,
  aRecord,
  aText,
  oneOf,
  optional,
  type ShapeOf,
  someOctets,
  theWord,
} from '../base/shape.ts'
import { CODECS, type Milliseconds } from '../base/units.ts'
import { aCodecName, anAddress, aRemote, aTicket } from '../media/contract.ts'
import { aBrand, aClip, aField, anAttempt, anEntryFault } from './field.ts'

export {
  anEntryFault,
  BRANDS,
  type Brand,
  ENTRY_FAULTS,
  type EntryFault,
  FIELD_KINDS,
  type Field,
  type FieldKind,
  FLEETING_KINDS,
  type PromptRule,
} from './field.ts'

const aSession = anId
/** Octets of a vault's public key, and of a key press sealed to it (`key-box.ts`). */
export const PUBLIC_KEY_SIZE = 32
export const SEALED_KEY_SIZE = 112
const aMessageId = anInteger(0, Number.MAX_SAFE_INTEGER)

const aFieldIndex = anInteger(0, 15)
/** A hundred of the flow, one for each item of the agent's form, and the end. */
const STEPS_MAX = 133
const aStepIndex = anInteger(0, STEPS_MAX - 1)

/** One instruction of the program. Fields, inserts and steps are meant by their place in the plan's lists. */
export const aStep = anyOf(
  /** With `bargeIn` a key ends it, and counts for the field that follows. */
  aRecord({ do: theWord('say'), clips: aListOf(aClip, 16), bargeIn: aBoolean }),
  /** Passed over when the field is taken already. */
  aRecord({ do: theWord('collect'), field: aFieldIndex }),
  aRecord({ do: theWord('insert'), insert: anInteger(0, 63) }),
  aRecord({ do: theWord('validate') }),
  /** By the last verdict; without one it is passed over. */
  aRecord({ do: theWord('branch'), accepted: aStepIndex, declined: aStepIndex, failed: aStepIndex }),
  /** Forgets the fields and goes back; after so many times it goes elsewhere. */
  aRecord({
    do: theWord('repeat'),
    fields: aListOf(aFieldIndex, 16),
    from: aStepIndex,
    times: anInteger(1, 10),
    otherwise: aStepIndex,
  }),
  /** After a verdict that is not positive: waits for the agent's order, so long at most. */
  aRecord({ do: theWord('ask-agent'), ms: anInteger(1000, 600_000) }),
  aRecord({ do: theWord('go'), to: aStepIndex }),
  aRecord({ do: theWord('end') }),
)
export type PlanStep = ShapeOf<typeof aStep>

/** The back end's public key, which a sealed request is encrypted to (RFC 7516). */
export const aSealingKey = aRecord({
  algorithm: oneOf('RSA-OAEP-256', 'ECDH-ES'),
  /** Its name in the protected header. */
  keyId: aText(256, /^[\x20-\x7e]+$/),
  /** SubjectPublicKeyInfo, PEM. */
  publicKey: aText(8192),
})
export type SealingKey = ShapeOf<typeof aSealingKey>

/** What may be sent a second time: nothing, what was certainly not acted on, or anything, since the service knows the key of a transaction. */
export const aRetryPolicy = oneOf('never', 'before-sending', 'idempotent')

/** Where the entry is sent. The URL and all names are the administrator's. */
export const aValidation = aRecord({
  host: aText(255),
  port: anInteger(1, 65_535),
  path: aText(2048, /^\/[\x21-\x7e]*$/),
  /** Certificate authorities trusted for this service, PEM; the system's are not. */
  authorities: aListOf(aText(100_000), 64),
  serverName: optional(aText(255)),
  clientCertificate: optional(aRecord({ certificate: aText(100_000), key: aText(100_000) })),
  /** From connecting for the first time to the end of the reply. */
  timeoutMs: anInteger(100, 120_000),
  /** What the request's body is; a sealed one needs `sealingKey`. */
  format: oneOf('xml', 'json', 'sealed'),
  sealingKey: optional(aSealingKey),
  /** `lenient` takes a reply without the XML declaration (PC-76), and members it does not know. */
  reply: oneOf('strict', 'lenient'),
  /** SHA-256 of public keys that the service may have, base64; any key of a trusted certificate when there are none. */
  pins: aListOf(aText(44, /^[A-Za-z0-9+/]{43}=$/), 16),
  retry: aRetryPolicy,
  /** How often it may be tried again. */
  retries: anInteger(0, 10),
})
export type Validation = ShapeOf<typeof aValidation>

/** What a secure session does: decided by control, carried out by the vault. */
export const aPlan = aRecord({
  transactionId: anId,
  /** Best first: a clip is said in the first of them that has it. */
  locales: aListOf(aText(16, /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/), 8),
  fields: aListOf(aField, 16),
  steps: aListOf(aStep, STEPS_MAX),
  /** The agent's non-secret data, sent along with the entry (PC-66). */
  inserts: aListOf(aRecord({ name: aText(64), value: aText(1024) }), 64),
  /** From begin to the wipe at the latest. */
  sessionMs: anInteger(5000, 3_600_000),
  validation: aValidation,
})
export type Plan = ShapeOf<typeof aPlan>

export const aStopReason = oneOf('cancelled', 'caller-hung-up', 'agent-hung-up', 'shutting-down')
export type StopReason = ShapeOf<typeof aStopReason>

/** What the agent may have done while the caller keys, or while he is asked. */
export const anOrder = anyOf(
  /** Forgets these fields and asks for them again. */
  aRecord({ what: theWord('again'), fields: aListOf(aFieldIndex, 16) }),
  aRecord({ what: theWord('again-all') }),
  /** Ends the wait for him. */
  aRecord({ what: theWord('go-on') }),
)
export type Order = ShapeOf<typeof anOrder>

/** control to vault. */
export const aVaultCommand = anyOf(
  /** First message. `promptsFolder` holds a folder per locale, `codecs` are those that callers may speak; sent again, it loads the prompts anew. */
  aRecord({
    do: theWord('configure'),
    id: aMessageId,
    promptsFolder: aText(4096),
    codecs: aListOf(aCodecName, CODECS.length),
  }),
  /** The caller's RTP socket comes with this message. */
  aRecord({ do: theWord('begin'), id: aMessageId, sessionId: aSession, ticket: aTicket, plan: aPlan }),
  /** Wipe at once and end. `giveBack` false: the caller is gone, close the socket instead of giving it back. */
  aRecord({ do: theWord('stop'), id: aMessageId, sessionId: aSession, reason: aStopReason, giveBack: aBoolean }),
  /** The caller pressed a key and told it by SIP INFO: sealed to this vault's public key, so that control cannot read it. */
  aRecord({ do: theWord('key'), id: aMessageId, sessionId: aSession, sealed: someOctets(SEALED_KEY_SIZE) }),
  /** The caller's far end described another address for its stream: packets come from there, or will soon, and go there; and where its signalling comes from now. */
  aRecord({
    do: theWord('move'),
    id: aMessageId,
    sessionId: aSession,
    remote: aRemote,
    signalledFrom: optional(anAddress),
  }),
  aRecord({ do: theWord('order'), id: aMessageId, sessionId: aSession, order: anOrder }),
  aRecord({ do: theWord('ping'), id: aMessageId }),
  /** Wipe everything and exit. */
  aRecord({ do: theWord('exit'), id: aMessageId }),
)
export type VaultCommand = ShapeOf<typeof aVaultCommand>

export const aFailure = oneOf(
  'timeout',
  'too-many-failed-attempts',
  'session-timeout',
  'cancelled',
  'caller-hung-up',
  'agent-hung-up',
  'shutting-down',
  /** The caller pressed the escape key. */
  'escaped',
  /** The flow ended without a verdict. */
  'not-validated',
  'validation-unreachable',
  'validation-timed-out',
  'validation-untrusted',
  'validation-unknown-authority',
  'validation-wrong-name',
  'validation-expired',
  'validation-pin-mismatch',
  'validation-refused',
  'validation-bad-reply',
  'prompts-missing',
  'vault-lost',
  'internal-error',
)
export type Failure = ShapeOf<typeof aFailure>

/** How long the caller hears at most how it ended, and how long a quiet moment is waited for then: by that time after the wipe the socket is on its way back. */
export const TELLING_MAX_MS: Milliseconds = 60_000
export const SETTLE_MAX_MS: Milliseconds = 3000

/** The validation service's sentence: no `|`, no control characters, no run of digits out of the entry (PC-72, PC-78). */
const someDetails = aText(256, /^[^|\p{Cc}]*$/u)
/** The service's name for the transaction, cleaned and searched likewise. */
const aReference = aText(64, /^[^|\p{Cc}]*$/u)

/** How a secure session ended. */
export const anOutcome = anyOf(
  aRecord({
    result: theWord('accepted'),
    details: someDetails,
    reference: optional(aReference),
    brand: optional(aBrand),
    lastFour: optional(aText(4, /^\d{4}$/)),
  }),
  aRecord({ result: theWord('declined'), details: someDetails, reference: optional(aReference) }),
  aRecord({ result: theWord('failed'), reason: aFailure }),
)
export type Outcome = ShapeOf<typeof anOutcome>

/** What the process did to itself at start. `false` names a protection that this machine or Node does not give. */
export const someProtections = aRecord({
  permissionModel: aBoolean,
  notDumpable: aBoolean,
  noCoreFile: aBoolean,
  lockedMemory: aBoolean,
  noInspector: aBoolean,
  emptyEnvironment: aBoolean,
  noNewPrivileges: aBoolean,
})
export type Protections = ShapeOf<typeof someProtections>

const aCount = anInteger(0, Number.MAX_SAFE_INTEGER)

/**
 * What came from the caller's socket and left through it while a vault had it: datagrams of the whole session, and presses until the wipe by the
 * transport that told each first. How many keys a caller presses says nothing of which; of a PIN it is the length, and so they are not told where
 * a field is as secret (`told-counts.ts`).
 */
export const someCounts = aRecord({
  received: aCount,
  sent: aCount,
  presses: optional(aRecord({ event: aCount, tone: aCount, info: aCount })),
})
export type VaultCounts = ShapeOf<typeof someCounts>

/** vault to control. */
export const aVaultEvent = anyOf(
  /** `publicKey`: what control seals keys to that come by SIP INFO. */
  aRecord({ type: theWord('ready'), protections: someProtections, publicKey: someOctets(PUBLIC_KEY_SIZE) }),
  aRecord({ type: theWord('done'), id: aMessageId }),
  aRecord({ type: theWord('failed'), id: aMessageId, fault: aText(64, /^[a-z]+\.[a-z-]+$/) }),
  /** The socket is here and the first prompt plays. */
  aRecord({ type: theWord('began'), sessionId: aSession }),
  aRecord({
    type: theWord('asking'),
    sessionId: aSession,
    field: aFieldIndex,
    attempt: anAttempt,
    attempts: anAttempt,
  }),
  /** Keys in the current entry, as a count. Of a security code, a PIN or a one-time code only that something was keyed, 0 or 1, and once: each key's event would tell how many and when. */
  aRecord({ type: theWord('progress'), sessionId: aSession, field: aFieldIndex, keys: anInteger(0, 40) }),
  aRecord({ type: theWord('refused'), sessionId: aSession, field: aFieldIndex, why: anEntryFault }),
  /** The entry is read back to the caller, and he is asked whether it is right. */
  aRecord({ type: theWord('confirming'), sessionId: aSession, field: aFieldIndex }),
  /** The caller asked for more time. `left`: how often he may do so again. */
  aRecord({ type: theWord('more-time'), sessionId: aSession, field: aFieldIndex, left: anInteger(0, 5) }),
  aRecord({ type: theWord('taken'), sessionId: aSession, field: aFieldIndex }),
  /** `submission` counts from 1. */
  aRecord({ type: theWord('submitting'), sessionId: aSession, submission: anInteger(1, 1000) }),
  /** A verdict that does not end the session. */
  aRecord({ type: theWord('answered'), sessionId: aSession, outcome: anOutcome }),
  aRecord({ type: theWord('waiting-for-agent'), sessionId: aSession, ms: anInteger(1000, 600_000) }),
  /** Every octet of the entry is overwritten. The caller is told the outcome next. */
  aRecord({ type: theWord('wiped'), sessionId: aSession, outcome: anOutcome }),
  /** Last event of a session. The socket comes with this message when there is a ticket. */
  aRecord({
    type: theWord('returned'),
    sessionId: aSession,
    ticket: optional(aTicket),
    counts: optional(someCounts),
  }),
)
export type VaultEvent = ShapeOf<typeof aVaultEvent>
