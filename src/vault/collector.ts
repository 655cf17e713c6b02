/**
 * The entries of one session's fields: keys go in one by one, words come out. Beside the keys it knows the brand of the card that was
 * taken, which decides how long its security code is.
 */

import { type DigitPattern, parseDigitPattern } from '../base/digit-pattern.ts'
import { brandOf } from './brand.ts'
import { areAlike, entryFault, isWhole } from './checks.ts'
import type { Brand, EntryFault, Field } from './contract.ts'
import { Entry, type KeySpan, SECOND } from './entry.ts'
import type { Today } from './expiry.ts'
import { type Key, NO_KEY } from './key.ts'

/** Which entry is checked; `second`: what was keyed once more. */
type Checked = { readonly field: number; readonly second: boolean }

export class Collector {
  readonly entry = new Entry()
  readonly #fields: readonly Field[]
  readonly #patterns: readonly (DigitPattern | undefined)[]
  #second = false
  #brand: Brand | undefined

  /** @param fields of a plan that `programFlaw` found nothing in. */
  constructor(fields: readonly Field[]) {
    this.#fields = fields
    this.#patterns = fields.map(({ pattern }) => patternOf(pattern))
  }

  /** Of the card number that was taken, while it is there. */
  get brand(): Brand | undefined {
    return this.#brand
  }

  /** Begins the entry of a field, or empties it. @param second it is keyed once more: the first stays. */
  open(field: number, second: boolean): void {
    if (!second) this.forget(field)
    this.#second = second
    this.entry.open(second ? SECOND : field)
  }

  /** Adds a key to the field that is open. @returns whether the entry cannot become longer. */
  keep(field: number, key: Key): boolean {
    if (key === NO_KEY || !this.entry.add(key)) throw new Error('no key to keep')
    return isWhole(this.#field(field), this.entry.span(this.#second ? SECOND : field), this.#brand)
  }

  /** @returns what is wrong with an entry. A second one must be like the first, and is overwritten here. */
  check({ field, second }: Checked, today: Today): EntryFault | undefined {
    const span = this.entry.span(field)
    if (second) {
      const again = this.entry.span(SECOND)
      const alike = areAlike(span, again)
      this.entry.forget(SECOND)
      return alike ? undefined : 'input-matching-failed'
    }
    const { kind } = this.#field(field)
    const fault = entryFault(this.#field(field), span, {
      today,
      cardBrand: this.#brand,
      pattern: this.#patterns[field],
    })
    if (fault === undefined && kind === 'card-number') this.#brand = brandOf(span)
    return fault
  }

  /** Overwrites a field's entry, and what was keyed once more. */
  forget(field: number): void {
    this.entry.forget(field)
    this.entry.forget(SECOND)
    if (this.#field(field).kind === 'card-number') this.#brand = undefined
  }

  span(field: number): KeySpan {
    return this.entry.span(field)
  }

  /** The first entry of which the flow lets the end be told after a positive verdict, with its brand when it is a card's. */
  get tellable(): { readonly span: KeySpan; readonly brand: Brand | undefined } | undefined {
    const index = this.#fields.findIndex(({ tell }, field) => tell === 'last-four' && this.entry.count(field) > 0)
    if (index < 0) return undefined
    const ofCard = this.#field(index).kind === 'card-number'
    return { span: this.entry.span(index), brand: ofCard ? this.#brand : undefined }
  }

  /** Overwrites everything. It can be used again. */
  wipe(): void {
    this.entry.wipe()
  }

  /** Wipes and gives the memory back. May be called twice. */
  close(): void {
    this.entry.close()
  }

  #field(index: number): Field {
    const field = this.#fields[index]
    if (field === undefined) throw new Error('no such field')
    return field
  }
}

function patternOf(text: string | undefined): DigitPattern | undefined {
  const pattern = text === undefined ? undefined : parseDigitPattern(text)
  return pattern === undefined || 'what' in pattern ? undefined : pattern
}
