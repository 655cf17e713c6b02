/** What control and a media process say to each other of recordings: a part of `contract.ts`. */

import {
  aBoolean,
  aListOf,
  aNumber,
  anId,
  aRecord,
  aText,
  octetsUpTo,
  oneOf,
  optional,
  type ShapeOf,
  theWord,
} from '../base/shape.ts'

/** Whom segments are sealed to, as `Recipient` of `record/recipients.ts`: DER of issuer and serial number, and of the public key. */
const aRecipient = aRecord({ issuerAndSerial: octetsUpTo(8192), publicKey: octetsUpTo(8192) })
export const someRecipients = aListOf(aRecipient, 64)
export type Recipients = ShapeOf<typeof someRecipients>

/** What a process needs to record; without it no command to record is carried out. */
export const recordingTerms = aRecord({ recipients: someRecipients })

/** control to media. */
export const recordingCommands = [
  /** Other recipients, also of recordings that run: from their next segment on. */
  aRecord({ do: theWord('seal-to'), id: aNumber, recipients: someRecipients }),
  /**
   * Records the conversation of this port, the caller's: what its far end says as far as another port hears it, and what is relayed to it from
   * the port that is its source. `file` is an absolute path; what stands there already is gone on with, as
   * another part. Nobody else may write there meanwhile.
   */
  aRecord({ do: theWord('record'), id: aNumber, portId: anId, recording: anId, file: aText(4096) }),
  /** Nothing is taken while it is on, whoever hears whom. */
  aRecord({ do: theWord('withhold'), id: aNumber, portId: anId, on: aBoolean }),
  /** Ends it; answered when all of it is written, or lost. Closing the port ends it as well. */
  aRecord({ do: theWord('unrecord'), id: aNumber, portId: anId }),
] as const

/** In the numbers of a port that is recorded. `packets` is counted where they are written into a segment. */
export const recordedStats = aRecord({ packets: aNumber, withheld: aBoolean })

/** media to control: `failed` is told once, when the disk takes nothing any more; `resumed` when it does again. */
export const aRecordingEvent = aRecord({
  type: theWord('recording'),
  portId: anId,
  recording: anId,
  state: oneOf('failed', 'resumed', 'ended'),
  /** Of this part: what stands in the file, and how much of the call was to stand there and does not. */
  octets: aNumber,
  segments: aNumber,
  lostMs: optional(aNumber),
})
export type RecordingEvent = ShapeOf<typeof aRecordingEvent>
