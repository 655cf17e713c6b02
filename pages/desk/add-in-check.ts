/**
 * What the desk takes of the frame of an add-in, whatever runs in there: messages of known shapes, of bounded length and number; and of what they hold, nothing that the server would refuse
 * (`src/call/agent-fields.ts`), a card number least of all. Pure.
 */

import { holdsCardNumber } from '../../src/base/card-text.ts'
import type { FromFrame, Texts } from '../shared/add-in-messages.ts'

/** What a form may give along with a session. */
const MOST_PARAMETERS = 30
const MOST_NAME_CHARS = 64
const MOST_VALUE_CHARS = 1024
/** Of a lookup. */
const MOST_VALUES = 16
/** Control characters and halves of characters are in no value. */
const UNSENDABLE = /[\p{Cc}\p{Cs}\uFFFE\uFFFF]/u
const NAME = /^[\p{L}\p{N}_.-][\p{L}\p{N}_. -]*$/u
const LOOKUP = /^[a-z][a-z0-9-]{0,63}$/
const REFUSALS: readonly unknown[] = ['not-defined', 'not-an-element', 'threw']
const LEAST_HEIGHT_PX = 48
const MOST_HEIGHT_PX = 1200

/** @returns a message as it may be believed, or undefined for what is none: whoever sends such a thing is listened to no longer. */
export function messageIn(given: unknown): FromFrame | undefined {
  if (!isRecord(given)) return undefined
  const { type } = given
  if (type === 'ready') return { type }
  if (type === 'refused') {
    const { reason } = given
    return REFUSALS.includes(reason) ? ({ type, reason } as FromFrame) : undefined
  }
  if (type === 'height') {
    const { px } = given
    return typeof px === 'number' && Number.isFinite(px) ? { type, px: heightWithin(px) } : undefined
  }
  if (type === 'valid') {
    const { isValid, secureParameters } = given
    const texts = textsIn(secureParameters, MOST_PARAMETERS)
    return typeof isValid === 'boolean' && texts !== undefined ? { type, isValid, secureParameters: texts } : undefined
  }
  if (type !== 'look-up') return undefined
  const { id, name, values } = given
  const texts = textsIn(values, MOST_VALUES)
  const isNamed = typeof name === 'string' && LOOKUP.test(name)
  return typeof id === 'number' && Number.isSafeInteger(id) && isNamed && texts !== undefined
    ? { type, id, name, values: texts }
    : undefined
}

export type ParameterFault = 'card-number' | 'bad-parameters'

/** @returns why what a form would give along cannot be sent: names that differ in case alone are one name (PC-84). */
export function parameterFault(parameters: Texts): ParameterFault | undefined {
  const entries = Object.entries(parameters)
  if (entries.flat().some(holdsCardNumber)) return 'card-number'
  const names = new Set(entries.map(([name]) => name.normalize('NFKC').toLowerCase()))
  const isSendable = ([name, value]: readonly [string, string]) => NAME.test(name) && !UNSENDABLE.test(value)
  return names.size < entries.length || !entries.every(isSendable) ? 'bad-parameters' : undefined
}

/** @returns whether what a lookup is asked with holds a card number: it stays here then. */
export function asksWithCard(values: Texts): boolean {
  return Object.entries(values).flat().some(holdsCardNumber)
}

/** How many messages came since when, ms of the page's clock. */
export type Flood = { readonly sinceMs: number; readonly count: number }

export const NO_FLOOD: Flood = { sinceMs: Number.NEGATIVE_INFINITY, count: 0 }
const FLOOD_MS = 1000
/** Who types fast and is checked at each key sends a tenth of this. */
const MOST_MESSAGES = 200

export function afterMessage({ sinceMs, count }: Flood, nowMs: number): Flood {
  return nowMs - sinceMs < FLOOD_MS ? { sinceMs, count: count + 1 } : { sinceMs: nowMs, count: 1 }
}

export function isFlood({ count }: Flood): boolean {
  return count > MOST_MESSAGES
}

function heightWithin(px: number): number {
  return Math.round(Math.min(Math.max(px, LEAST_HEIGHT_PX), MOST_HEIGHT_PX))
}

/** Nothing is cut off: what is too long was not meant. */
function textsIn(given: unknown, most: number): Texts | undefined {
  if (!isRecord(given)) return undefined
  const entries = Object.entries(given)
  const fits = ([name, value]: readonly [string, unknown]) =>
    name.length > 0 && name.length <= MOST_NAME_CHARS && typeof value === 'string' && value.length <= MOST_VALUE_CHARS
  return entries.length <= most && entries.every(fits) ? (Object.fromEntries(entries) as Texts) : undefined
}

/** What a message holds arrives as plain objects; anything else was not meant for here. */
function isRecord(given: unknown): given is Readonly<Record<string, unknown>> {
  return typeof given === 'object' && given !== null && Object.getPrototypeOf(given) === Object.prototype
}
