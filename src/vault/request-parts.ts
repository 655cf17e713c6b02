/** The items of a request, in the order in which the program came to them. */

import type { Item } from './capture-terms.ts'
import type { Plan } from './contract.ts'
import type { RequestPart } from './request.ts'

/** @returns the parts that the request writer puts together. */
export function requestParts({ inserts, fields }: Plan, items: readonly Item[]): readonly RequestPart[] {
  return items.flatMap(({ what, index }): RequestPart[] => {
    if (what === 'insert') {
      const insert = inserts[index]
      return insert === undefined ? [] : [insert]
    }
    const field = fields[index]
    if (field === undefined) return []
    const { name, kind, country, decimals = 0 } = field
    if (kind === 'amount') return [{ name, field: index, decimals }]
    return kind === 'iban' ? [{ name, field: index, prefix: country ?? '' }] : [{ name, field: index }]
  })
}
