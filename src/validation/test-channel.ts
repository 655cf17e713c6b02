/** What is said between control and the process that tries the validation service. Test cards only. */

import { aBoolean, aListOf, aNumber, anyOf, aRecord, aText, optional, type ShapeOf, theWord } from '../base/shape.ts'
import { aValidation } from '../vault/contract.ts'

export const aTestOrder = aRecord({
  do: theWord('test'),
  validation: aValidation,
  /** Begins every transaction id of the run. */
  runId: aText(64),
  cardName: aText(64),
  /** One that it must accept; a published one when absent. */
  accepted: optional(aText(19)),
  declined: optional(aText(19)),
})
export type TestOrder = ShapeOf<typeof aTestOrder>

const aCertificate = aRecord({
  subject: aText(4096),
  names: aListOf(aText(4096), 1000),
  issuer: aText(4096),
  validFrom: aText(40),
  validTo: aText(40),
  fingerprint256: aText(100),
  serialNumber: aText(100),
  pin: aText(44),
})

const aFinding = aRecord({
  type: theWord('tested'),
  tookMs: aNumber,
  chain: aListOf(aCertificate, 20),
  /** Absent when the chain is trusted. */
  whyNot: optional(aText(200)),
  rows: aListOf(aRecord({ what: aText(200), holds: aBoolean, figure: aText(200), advice: aText(500) }), 100),
})
export type TestFinding = ShapeOf<typeof aFinding>

/** Refused where a card is none of those that are published for tests: nothing was sent. */
export const aTestEvent = anyOf(aFinding, aRecord({ type: theWord('refused') }))
export type TestEvent = ShapeOf<typeof aTestEvent>
