/** What the sample validation service and whoever started it say to each other. No field of an entry is among it. */

import { aBoolean, anInteger, anyOf, aRecord, aText, type ShapeOf, theWord } from '../base/shape.ts'

export const aValidationOrder = aRecord({
  do: theWord('listen'),
  /** 0 takes any free port. */
  port: anInteger(0, 65_535),
  certificate: aText(100_000),
  key: aText(100_000),
})
export type ValidationOrder = ShapeOf<typeof aValidationOrder>

export const aValidationEvent = anyOf(
  aRecord({ type: theWord('listening'), port: anInteger(1, 65_535) }),
  aRecord({ type: theWord('failed') }),
  aRecord({ type: theWord('replied'), fields: anInteger(0, 1000), accepted: aBoolean }),
)
export type ValidationEvent = ShapeOf<typeof aValidationEvent>
