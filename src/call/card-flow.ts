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

type Asked = Pick<Field, 'name' | 'kind' | 'minKeys' | 'maxKeys'>

/** The fields in the order asked; the lengths of a card number are the shortest and longest in use (ISO/IEC 7812-1). */
function cardFields(names: CardFlow['fieldNames']): readonly Asked[] {
  return [
    { name: names.cardNumber, kind: 'card-number', minKeys: 13, maxKeys: 19 },
    { name: names.expiryDate, kind: 'expiry', minKeys: 4, maxKeys: 4 },
    { name: names.securityCode, kind: 'security-code', minKeys: 3, maxKeys: 4 },
  ]
}

function fieldOf(asked: Asked, flow: CardFlow): Field {
  return {
    ...asked,
    attempts: flow.attempts,
    validKeys: '0123456789',
    keys: { terminator: HASH, clear: STAR },
    firstDigitMs: flow.firstDigitMs,
    interDigitMs: flow.interDigitMs,
    moreTimes: 0,
    luhn: false,
    allowedBrands: asked.kind === 'card-number' ? flow.allowedBrands : [],
    enterTwice: false,
    readBack: 'none',
    tell: asked.kind === 'card-number' ? 'last-four' : 'nothing',
    prompts: [],
  }
}

/** @returns the plan of one secure session. @param inserts the agent's form, already past its guard. */
export function cardPlan(flow: CardFlow, transactionId: string, inserts: readonly AgentField[]): Plan {
  const fields = cardFields(flow.fieldNames).map((asked) => fieldOf(asked, flow))
  return {
    transactionId,
    locales: [flow.locale],
    fields,
    steps: [
      { do: 'say', clips: ['welcome'], bargeIn: true },
      ...inserts.map((_, insert) => ({ do: 'insert', insert }) as const),
      ...fields.map((_, field) => ({ do: 'collect', field }) as const),
      { do: 'validate' },
      { do: 'end' },
    ],
    inserts: inserts.map(({ name, value }) => ({ name, value })),
    sessionMs: flow.sessionMs,
    validation: flow.validation,
  }
}
