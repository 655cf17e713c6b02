/**
 * The result of a secure session as one string, for desktops that read a call attribute: `transactionId|ApprovalValue|ApprovalResult \n`,
 * a space and a line feed at the end (PC-69 to PC-72). The parser is strict: what this encoder did not write is not taken.
 *
 * It decides nothing about the outcome and knows no field that was keyed.
 */

import type { Outcome } from '../vault/contract.ts'

export type ResultString = {
  readonly transactionId: string
  /** What became of it. `failed` is neither of the two words of the validation service, and never taken for one. */
  readonly approvalValue: 'accepted' | 'declined' | 'failed'
  /** The validation service's sentence, or the word for the failure. */
  readonly approvalResult: string
}

const WORDS = ['accepted', 'declined', 'failed'] as const
const END = ' \n'
/** Would end the part, the string, or the reader's buffer (PC-72). */
const BREAKS = /[|\r\n\0]/g
const SHAPE = /^([A-Za-z0-9_-]{1,64})\|(accepted|declined|failed)\|([^|\r\n\0]*) \n$/

/** @returns the parts of an outcome. */
export function resultOf(transactionId: string, outcome: Outcome): ResultString {
  const approvalResult = outcome.result === 'failed' ? outcome.reason : outcome.details
  return { transactionId, approvalValue: outcome.result, approvalResult }
}

/** @returns the string; `|`, CR, LF and NUL are removed from the last part, so that no service can forge a part. */
export function writeResultString(result: ResultString): string {
  return `${result.transactionId}|${result.approvalValue}|${result.approvalResult.replace(BREAKS, '')}${END}`
}

/** @returns the parts, or `undefined` when the text is not exactly such a string. Never throws. */
export function parseResultString(text: string): ResultString | undefined {
  const found = SHAPE.exec(text)
  const approvalValue = WORDS.find((word) => word === found?.[2])
  const transactionId = found?.[1]
  if (transactionId === undefined || approvalValue === undefined) return undefined
  return { transactionId, approvalValue, approvalResult: found?.[3] ?? '' }
}
