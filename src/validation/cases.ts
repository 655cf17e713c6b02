/** What `sotto validation test` sends: the source's example, the default flow, and what services stumble over. Published test cards only. */

import type { RequestPart } from '../vault/request.ts'

export type CaseCards = { readonly name: string; readonly accepted: string; readonly declined: string | undefined }

/** What must come back: a certain word, either word, or anything but `accepted`. */
export type Wanted = 'accepted' | 'declined' | 'outcome' | 'not-accepted'

export type Case = {
  readonly what: string
  readonly parts: readonly RequestPart[]
  readonly wanted: Wanted
  readonly advice: string
}

/** Published as a number that test gateways decline. */
const DECLINED = '4000000000000002'
const AMEX = '378282246310005'
const MANY = 60

/** The items of the source's own example (PC-74), with the name that the card number has here. */
export function exampleParts(cards: CaseCards): readonly RequestPart[] {
  return [
    { name: 'customer name', value: 'Joe Smith' },
    { name: 'customer account', value: '343453422' },
    { name: 'charge amount', value: '14.55' },
    { name: cards.name, value: cards.accepted },
  ]
}

/** @returns the cases of well-formed requests. */
export function casesFor(cards: CaseCards): readonly Case[] {
  const card = (value: string): RequestPart => ({ name: cards.name, value })
  const rest = [
    { name: 'expiry date', value: '1230' },
    { name: 'security code', value: '123' },
  ]
  const luhn = cards.accepted.slice(0, -1) + ((Number(cards.accepted.at(-1)) + 1) % 10)
  return [
    {
      what: "the source's example is accepted",
      parts: exampleParts(cards),
      wanted: 'accepted',
      advice:
        'Items come by name, in any number and order; names have spaces. --card-name and --accepted change the card.',
    },
    {
      what: 'card number, expiry date and security code are accepted',
      parts: [card(cards.accepted), ...rest],
      wanted: 'accepted',
      advice: 'Take items that are not needed without complaint.',
    },
    {
      what: 'a card that test gateways decline gets an outcome',
      parts: [card(cards.declined ?? DECLINED), ...rest],
      wanted: cards.declined === undefined ? 'outcome' : 'declined',
      advice: 'Answer with status 200 and the outcome "declined".',
    },
    {
      what: 'a number of fifteen digits gets an outcome',
      parts: [card(AMEX), ...rest],
      wanted: 'outcome',
      advice: 'Card numbers have 12 to 19 digits, security codes 3 or 4.',
    },
    {
      what: 'marks and letters of other languages in names and values get an outcome',
      parts: [{ name: 'charge "amount" & tip', value: '<14,55 €> für Zoë \\ "O\'Hara"' }, card(cards.accepted)],
      wanted: 'outcome',
      advice: 'Decode the escapes of the format, and read the document as UTF-8.',
    },
    {
      what: `an empty value and ${MANY} items get an outcome`,
      parts: [
        { name: 'remark', value: '' },
        ...Array.from({ length: MANY }, (_, i) => ({ name: `item ${i}`, value: 'x'.repeat(20) })),
        card(cards.accepted),
      ],
      wanted: 'outcome',
      advice: 'Requests have up to 16 kB.',
    },
    {
      what: 'a number with a wrong check digit is not accepted',
      parts: [card(luhn), ...rest],
      wanted: 'not-accepted',
      advice: 'Accept nothing that your payment provider has not accepted.',
    },
    {
      what: 'a request without a card number is not accepted',
      parts: [{ name: 'customer name', value: 'Joe Smith' }, ...rest],
      wanted: 'not-accepted',
      advice: 'Decline what is incomplete.',
    },
  ]
}

export type Malformed = {
  readonly what: string
  readonly body: Buffer
}

/** @param good a request that is right. @returns bodies that nobody may accept. */
export function malformedBodies(
  format: 'xml' | 'json' | 'sealed',
  good: Buffer,
  cards: CaseCards,
): readonly Malformed[] {
  const text = good.toString('utf8')
  const garbage = { what: 'a body that is no document is not accepted', body: Buffer.alloc(300, 0xa5) }
  const empty = { what: 'an empty body is not accepted', body: Buffer.alloc(0) }
  if (format === 'sealed') {
    const parts = text.split('.')
    const cipher = parts[3] ?? ''
    const changed = parts.with(3, (cipher.startsWith('A') ? 'B' : 'A') + cipher.slice(1)).join('.')
    return [garbage, empty, { what: 'a sealed body that was changed is not accepted', body: Buffer.from(changed) }]
  }
  // Cut within the number, so that not even a service that only looks for it can find it.
  const cut = { what: 'a document that was cut off is not accepted', body: cutWithin(good, cards.accepted) }
  if (format === 'json') return [garbage, empty, cut]
  const entity = text
    .replace('<params>', `<!DOCTYPE params [<!ENTITY card "${cards.accepted}">]>\n<params>`)
    .replace(`value="${cards.accepted}"`, 'value="&card;"')
  return [garbage, empty, cut, { what: "an entity of the document's own is not accepted", body: Buffer.from(entity) }]
}

function cutWithin(good: Buffer, card: string): Buffer {
  return good.subarray(0, good.indexOf(card) + card.length / 2)
}
