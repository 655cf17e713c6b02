/**
 * The default flow: card number, expiry date, security code, then the validation service. It turns the administrator's settings and the
 * agent's form into the plan that the vault carries out. Pure: it reads no file; certificates come in as text.
 *
 * Lengths here are counts of keys; what the keys must be (Luhn, brand, date) is the vault's to check.
 */

import type { Brand, Field, Plan, Validation } from '../vault/contract.ts'
import type { AgentField } from './agent-fields.ts'

/** What the administrator may change of the default flow. */
export type CardFlow = {
  /** Names of the fields in the validation request (PC-31). */
  readonly fieldNames: { readonly cardNumber: string; readonly expiryDate: string; readonly securityCode: string }
  readonly locale: string
  /** Tries a field. */
  readonly attempts: number
  readonly allowedBrands: readonly Brand[]
  readonly firstDigitMs: number
  readonly interDigitMs: number
  readonly sessionMs: number
  readonly validation: Validation
}

/** RFC 4733 event codes of the two control keys (PC-65). */
const STAR = 10
const HASH = 11

/** The fields in the order asked; the lengths of a card number are the shortest and longest in use (ISO/IEC 7812-1). */
function cardFields(names: CardFlow['fieldNames']): readonly Omit<Field, 'attempts'>[] {
  return [
    { name: names.cardNumber, kind: 'card-number', minKeys: 13, maxKeys: 19, clip: 'ask-card-number' },
    { name: names.expiryDate, kind: 'expiry', minKeys: 4, maxKeys: 4, clip: 'ask-expiry' },
    { name: names.securityCode, kind: 'security-code', minKeys: 3, maxKeys: 4, clip: 'ask-security-code' },
  ]
}

/** @returns the plan of one secure session. @param inserts the agent's form, already past its guard. */
export function cardPlan(flow: CardFlow, transactionId: string, inserts: readonly AgentField[]): Plan {
  return {
    transactionId,
    locale: flow.locale,
    fields: cardFields(flow.fieldNames).map((field) => ({ ...field, attempts: flow.attempts })),
    allowedBrands: flow.allowedBrands,
    firstDigitMs: flow.firstDigitMs,
    interDigitMs: flow.interDigitMs,
    sessionMs: flow.sessionMs,
    terminatorKey: HASH,
    clearKey: STAR,
    inserts: inserts.map(({ name, value }) => ({ name, value })),
    validation: flow.validation,
  }
}
