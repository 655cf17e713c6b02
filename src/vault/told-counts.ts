/** What control, and so the audit record, is told of a whole session in numbers. */

import { type Field, FLEETING_KINDS, type VaultCounts } from './contract.ts'

/** @returns the counts; without presses where a field is secret in its length: all keys of the session less those of the other fields are its own. */
export function toldCounts({ presses, ...datagrams }: VaultCounts, fields: readonly Field[]): VaultCounts {
  const secret = fields.some(({ kind }) => FLEETING_KINDS.includes(kind))
  return secret || presses === undefined ? datagrams : { ...datagrams, presses }
}
