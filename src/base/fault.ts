/** The one error class: its code is a row of the fault table, its detail holds ids and numbers only. */

import type { FaultRow } from './fault-row.ts'
import { type FaultCode, faults } from './faults.ts'

/** What may stand beside a fault: short ids and numbers, never text from the wire, never anything from a vault's entry. */
export type FaultDetail = Readonly<Record<string, number | boolean | FaultId>>
/** An id that Sotto made itself, or a name out of the configuration. */
export type FaultId = string & { readonly __id?: never }

export class Fault extends Error {
  override readonly name = 'Fault'
  readonly code: FaultCode
  readonly detail: FaultDetail

  constructor(code: FaultCode, detail: FaultDetail = {}, cause?: unknown) {
    super(faults[code].title, cause === undefined ? undefined : { cause })
    this.code = code
    this.detail = detail
  }

  /** The row of the fault table. */
  get row(): FaultRow {
    return faults[this.code]
  }
}

/** @returns a fault made from a row of the table. @param cause the foreign error behind it, kept for the log level `debug`. */
export function fault(code: FaultCode, detail: FaultDetail = {}, cause?: unknown): Fault {
  return new Fault(code, detail, cause)
}

/** Classifies any thrown value; what nobody knew becomes `base.internal`, so that the unknown is seen. */
export function asFault(thrown: unknown): Fault {
  return thrown instanceof Fault ? thrown : new Fault('base.internal', {}, thrown)
}
