/**
 * Remembers which digits followed which in what was keyed or written in a capture, to know them again wherever they turn up: every seven in
 * a row, as one bit of a table. No text is made of them, and `wipe` leaves nothing.
 */

/** Digits in a row that count as a find: fewer turn up by chance. */
const LENGTH = 7
const VALUES = 10 ** LENGTH
/** Rows of fewer different digits are left out: padding and round numbers look the same. */
const DIFFERENT = 4

export class DigitTrace {
  readonly shortest = LENGTH
  readonly #bits = new Uint8Array(VALUES / 8)
  readonly #rows: Uint8Array[] = []

  /** Rows of digits that were remembered, for a search of another kind. */
  get rows(): readonly Uint8Array[] {
    return this.#rows
  }

  /** Remembers a row of values, 0 to 9. @param written what stands in its place: a row that is part of it cannot be told from it. */
  add(values: Uint8Array, written: (n: number) => number): void {
    if (values.length < LENGTH) return
    const replaced = Uint8Array.from({ length: values.length + LENGTH }, (_, n) => written(n))
    if (indexOfRow(replaced, values) >= 0) return
    this.#rows.push(values.slice())
    for (const row of rowsOf(values)) this.#bits[row >> 3] = (this.#bits[row >> 3] as number) | (1 << (row & 7))
    for (const row of rowsOf(replaced)) this.#bits[row >> 3] = (this.#bits[row >> 3] as number) & ~(1 << (row & 7))
  }

  /** @returns whether seven of these in a row were remembered. */
  isIn(values: Uint8Array): boolean {
    for (const row of rowsOf(values)) if (((this.#bits[row >> 3] as number) >> (row & 7)) & 1) return true
    return false
  }

  wipe(): void {
    this.#bits.fill(0)
    for (const row of this.#rows) row.fill(0)
    this.#rows.length = 0
  }
}

function* rowsOf(values: Uint8Array): Generator<number> {
  let row = 0
  for (let i = 0; i < values.length; i++) {
    row = (row * 10 + (values[i] as number)) % VALUES
    if (i >= LENGTH - 1 && different(values, i - LENGTH + 1) >= DIFFERENT) yield row
  }
}

function different(values: Uint8Array, from: number): number {
  let seen = 0
  for (let i = from; i < from + LENGTH; i++) seen |= 1 << (values[i] as number)
  let count = 0
  for (; seen !== 0; seen &= seen - 1) count++
  return count
}

function indexOfRow(whole: Uint8Array, part: Uint8Array): number {
  return Buffer.from(whole.buffer, whole.byteOffset, whole.length).indexOf(part)
}
