/**
 * The JSON request (RFC 8259): one object, its members always in this order and without white space. `submission` counts the requests
 * of one secure session: 1 for the first, 2 when the caller has corrected something after a refusal.
 *
 *   {"transactionId":"secure-bcd","submission":1,"items":[{"name":"customer name","value":"Joe Smith"}]}
 *
 * Values are texts, digits too: a card number is no quantity, and leading zeros count.
 */

import type { KeyedPlace, RequestPart } from './request-template.ts'

/** @returns the document of these items. */
export function jsonPieces(
  transactionId: string,
  submission: number,
  parts: readonly RequestPart[],
): readonly (string | KeyedPlace)[] {
  const items = parts.flatMap((part, i) => {
    const opening = `${i === 0 ? '' : ','}{"name":"${escapeString(part.name)}","value":"`
    if ('value' in part) return [`${opening}${escapeString(part.value)}"}`]
    const { field, prefix = '', decimals } = part
    return [opening + escapeString(prefix), { field, decimals }, '"}']
  })
  return [`{"transactionId":"${escapeString(transactionId)}","submission":${submission},"items":[`, ...items, ']}']
}

/** Escapes what stands between quotes (RFC 8259 section 7); control characters are none of a plan's. */
export function escapeString(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')
}
