/**
 * The validation service's answer: one of two words, a sentence, and perhaps its own name for the transaction. It is read over octets, in
 * XML or in JSON; texts are decoded in place, cleaned, and searched for the entry before they become text.
 */

import { readJsonReply } from './reply-json.ts'
import { DETAILS_MAX, type Keyed, REFERENCE_MAX, readText } from './reply-text.ts'
import { readXmlReply } from './reply-xml.ts'
import { isWord, octets, type Span } from './scan.ts'

export type Answer = {
  readonly value: 'accepted' | 'declined'
  readonly details: string
  /** Absent when the service gave none, or an empty one. */
  readonly reference?: string
}

export type ReplyForm = 'strict' | 'lenient'

/** Where the parts of an answer lie, escapes decoded; empty where there is none. `value` has no escapes. */
export type ReplyParts = { readonly value: Span; readonly details: Span; readonly reference: Span }

export type ReplyShape = { readonly format: 'xml' | 'json'; readonly form: ReplyForm }

/**
 * Reads the answer at `bytes[from..to)`, which is overwritten on the way.
 * @param keyed what was keyed, to be searched for.
 * @returns the answer, or `undefined` when it is none.
 */
export function readAnswer(
  bytes: Uint8Array,
  from: number,
  to: number,
  { format, form }: ReplyShape,
  keyed: Keyed,
): Answer | undefined {
  const parts = (format === 'xml' ? readXmlReply : readJsonReply)(bytes, from, to, form)
  if (parts === undefined) return undefined
  const accepted = isWord(bytes, parts.value, ACCEPTED)
  if (!accepted && !isWord(bytes, parts.value, DECLINED)) return undefined
  const details = readText(bytes, parts.details, DETAILS_MAX, keyed)
  const reference = readText(bytes, parts.reference, REFERENCE_MAX, keyed)
  if (details === undefined || reference === undefined) return undefined
  const value = accepted ? 'accepted' : 'declined'
  return reference === '' ? { value, details } : { value, details, reference }
}

const ACCEPTED = octets('accepted')
const DECLINED = octets('declined')
