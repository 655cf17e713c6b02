/**
 * What of an answer goes to the form: the members that the manifest names, when they are text or numbers. An answer that holds a card number is refused as octets, before any of it becomes
 * text, wherever in it the number stands. Pure, but that it overwrites the octets.
 */

import { digitsHoldCard, holdsCardNumber } from '../base/card-text.ts'
import { fault } from '../base/fault.ts'

export type LookupAnswer = Readonly<Record<string, string | number>>

const TEXT_CHARS = 1024
const [DIGIT_ZERO, DIGIT_NINE] = [0x30, 0x39]
/** Signs that people part the digits of one number by; the quotes and brackets of JSON end it. */
const MOST_SIGNS = 3
const ENDS = new Set([...'"[]{}'].map((sign) => sign.charCodeAt(0)))

/**
 * @param body overwritten. @param wanted members, in the order of the manifest. @param secrets that went along with the question: none may come back.
 * @throws Fault `lookup.bad-answer`, `lookup.card-in-answer`
 */
export function answerOf(body: Uint8Array, wanted: readonly string[], secrets: readonly string[]): LookupAnswer {
  try {
    if (octetsHoldCard(body)) throw fault('lookup.card-in-answer')
    const tree = parsed(body)
    return Object.fromEntries(
      wanted.flatMap((name) => {
        const value = Object.hasOwn(tree, name) ? tree[name] : undefined
        return value === undefined || value === null ? [] : [[name, checked(value, secrets)] as const]
      }),
    )
  } finally {
    body.fill(0)
  }
}

function checked(value: unknown, secrets: readonly string[]): string | number {
  const isText = typeof value === 'string' && value.length <= TEXT_CHARS && !/[\p{Cs}]/u.test(value)
  if (!isText && !(typeof value === 'number' && Number.isFinite(value)))
    throw fault('lookup.bad-answer', { reason: 'misshapen' })
  const text = String(value)
  // Digits in other scripts, or written as escapes.
  if (holdsCardNumber(text)) throw fault('lookup.card-in-answer')
  if (secrets.some((secret) => text.includes(secret))) throw fault('lookup.bad-answer', { reason: 'holds-secret' })
  return value as string | number
}

function parsed(body: Uint8Array): Readonly<Record<string, unknown>> {
  let tree: unknown
  try {
    tree = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw fault('lookup.bad-answer', { reason: 'no-json' })
  }
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree))
    throw fault('lookup.bad-answer', { reason: 'no-object' })
  return tree as Readonly<Record<string, unknown>>
}

/** @returns whether a card number stands in octets, with signs between its digits or without. */
export function octetsHoldCard(octets: Uint8Array): boolean {
  // Overwritten at the end, as the octets are: an array of numbers would be found in memory as well.
  const digits = new Uint8Array(octets.length)
  let count = 0
  let signs = 0
  let holds = false
  for (const octet of octets) {
    if (octet >= DIGIT_ZERO && octet <= DIGIT_NINE) {
      digits[count++] = octet - DIGIT_ZERO
      signs = 0
    } else if (isLetter(octet) || ENDS.has(octet) || ++signs > MOST_SIGNS) {
      holds ||= digitsHoldCard(digits.subarray(0, count))
      count = 0
      signs = 0
    }
  }
  holds ||= digitsHoldCard(digits.subarray(0, count))
  digits.fill(0)
  return holds
}

function isLetter(octet: number): boolean {
  return (octet >= 0x41 && octet <= 0x5a) || (octet >= 0x61 && octet <= 0x7a)
}
