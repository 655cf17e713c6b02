/** Numbers the keys that SIP tells of: each dialog by itself, each request once however often it was sent. */

import type { DigitTrace } from './digit-trace.ts'
import type { InfoKeys } from './info-scrub.ts'
import { digitFor, type Replacement } from './replacement.ts'

/** Keys of one dialog that are remembered, to be searched for. */
const MOST_KEYS = 1000

type Dialog = { readonly numbers: Map<string, number>; readonly values: Uint8Array }

export class InfoNumbers implements InfoKeys {
  readonly #replacement: Replacement
  readonly #dialogs = new Map<string, Dialog>()

  constructor(replacement: Replacement) {
    this.#replacement = replacement
  }

  next(was: number, dialog: string, number: string): number {
    const { numbers, values } = this.#dialogOf(dialog)
    const place = numbers.get(number) ?? numbers.size
    numbers.set(number, place)
    if (place < MOST_KEYS) values[place] = was
    return this.#written(place)
  }

  /** Gives every dialog's keys to be searched for, and overwrites them. */
  remember(trace: DigitTrace): void {
    for (const { numbers, values } of this.#dialogs.values()) {
      trace.add(values.subarray(0, Math.min(numbers.size, MOST_KEYS)), (n) => this.#written(n))
      values.fill(0)
    }
    this.#dialogs.clear()
  }

  /** A body has no word for silence that every reader leaves alone; zero tells as little as any digit. */
  #written(n: number): number {
    return this.#replacement.silence ? 0 : digitFor(this.#replacement, n)
  }

  #dialogOf(name: string): Dialog {
    const known = this.#dialogs.get(name)
    if (known !== undefined) return known
    const dialog = { numbers: new Map<string, number>(), values: new Uint8Array(MOST_KEYS) }
    this.#dialogs.set(name, dialog)
    return dialog
  }
}
