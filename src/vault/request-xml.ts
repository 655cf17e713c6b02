/**
 * The XML request (PC-74), to the octet as its description has it: one `params` document in XML 1.0, a `param` an item.
 *
 *   <?xml version="1.0" encoding='UTF-8' ?>
 *   <params>
 *   <param name="customer name" value="Joe Smith" />
 *   </params>
 *
 * The transaction id travels in the head only, so that the document keeps its form.
 */

import type { KeyedPlace, RequestPart } from './request-template.ts'

const DECLARATION = `<?xml version="1.0" encoding='UTF-8' ?>\n<params>\n`
const CLOSING = '" />\n'
const END = '</params>\n'

/** @returns the document of these items. */
export function xmlPieces(parts: readonly RequestPart[]): readonly (string | KeyedPlace)[] {
  const items = parts.flatMap((part) => {
    const opening = `<param name="${escapeAttribute(part.name)}" value="`
    if ('value' in part) return [opening + escapeAttribute(part.value), CLOSING]
    const { field, prefix = '', decimals } = part
    return [opening + escapeAttribute(prefix), { field, decimals }, CLOSING]
  })
  return [DECLARATION, ...items, END]
}

/** Escapes an attribute value that stands in double quotes (XML 1.0 section 2.4). */
export function escapeAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
