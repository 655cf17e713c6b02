/** Fields and programs for tests of what carries out a plan. */

import type { Field, FieldKind, Plan, PlanStep } from '../../src/vault/contract.ts'
import type { RequestPart } from '../../src/vault/request.ts'

const LENGTHS: Readonly<Record<FieldKind, readonly [minKeys: number, maxKeys: number]>> = {
  'card-number': [12, 19],
  expiry: [4, 4],
  'security-code': [3, 4],
  'postal-code': [5, 5],
  'routing-number': [9, 9],
  'account-number': [4, 17],
  iban: [13, 32],
  'national-id': [9, 12],
  'date-of-birth': [8, 8],
  'one-time-code': [6, 6],
  pin: [4, 6],
  amount: [1, 9],
  digits: [1, 20],
}

/** A field as an administrator would have it who changes nothing. */
export function fieldOf(kind: FieldKind, change: Partial<Field> = {}): Field {
  const [minKeys, maxKeys] = LENGTHS[kind]
  return {
    name: kind,
    kind,
    minKeys,
    maxKeys,
    attempts: 3,
    validKeys: '0123456789',
    keys: { terminator: 11, clear: 10 },
    firstDigitMs: 10_000,
    interDigitMs: 3000,
    moreTimes: 0,
    luhn: false,
    allowedBrands: kind === 'card-number' ? ['visa', 'mastercard', 'american-express'] : [],
    enterTwice: false,
    readBack: 'none',
    tell: kind === 'card-number' ? 'last-four' : 'nothing',
    prompts: [],
    ...change,
  }
}

/** Inserts, then every field in turn, then the service. */
export function stepsFor(inserts: number, fields: number): readonly PlanStep[] {
  return [
    ...Array.from({ length: inserts }, (_, insert) => ({ do: 'insert', insert }) as const),
    ...Array.from({ length: fields }, (_, field) => ({ do: 'collect', field }) as const),
    { do: 'validate' },
    { do: 'end' },
  ]
}

/** The items of a request: inserts, then every field. */
export function partsOf({ inserts, fields }: Pick<Plan, 'inserts' | 'fields'>): readonly RequestPart[] {
  return [...inserts, ...fields.map(({ name }, field) => ({ name, field }))]
}
