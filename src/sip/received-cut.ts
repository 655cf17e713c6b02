/** What is done to the octets of each message before anything reads it: keys are cut out of an INFO, card numbers masked in a text, and their ways overwritten. */

import type { KeySlip } from '../base/info-key.ts'
import { overwriteRegisters } from '../base/leftovers.ts'
import { readKinds } from '../text/index.ts'
import type { CutFlush } from './cut-flush.ts'
import { cutInfo } from './info-cut.ts'
import type { SipTransport } from './session.ts'
import { cutText, type TextCut } from './text-cut.ts'
import type { Cut } from './transport.ts'

export type ReceivedCutParts = {
  readonly keySlip: KeySlip | undefined
  /** Texts are passed on. */
  readonly takesText: boolean
  readonly count: (name: 'info-blanked' | 'message-blanked') => void
  readonly onCut: CutFlush | undefined
}

/** @returns what changes a message in place, and gives what was done to it when it is a text. */
export function createReceivedCut({ keySlip, takesText, count, onCut }: ReceivedCutParts) {
  if (takesText) readKinds()
  return (octets: Buffer, over: SipTransport, cut: Cut): TextCut | undefined => {
    const text = cutText(octets, cut !== 'broken', takesText)
    const isInfoCut = text === undefined && cutInfo(octets, keySlip) > 0
    const { numbers = 0, blanked = 0 } = text ?? {}
    if (isInfoCut) count('info-blanked')
    if (blanked > 0) count('message-blanked')
    if (isInfoCut || numbers + blanked > 0) {
      overwriteRegisters(octets.length)
      onCut?.(over, octets.length)
    }
    return text
  }
}
