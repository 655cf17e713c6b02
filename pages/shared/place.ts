/** Where one is within a page: what stands behind the `#` of the address, such as `#/forms/order`. It can be kept, sent on and gone back from. */

import { signal } from '@preact/signals'

/** Its parts, decoded; empty at the beginning. */
export const place = signal<readonly string[]>(partsOf(location.hash))

addEventListener('hashchange', () => {
  place.value = partsOf(location.hash)
})

/** @returns the address of a place, for a link. */
export function addressOf(...parts: readonly string[]): string {
  return `#/${parts.map(encodeURIComponent).join('/')}`
}

/** Goes there. */
export function goTo(...parts: readonly string[]): void {
  location.hash = addressOf(...parts)
}

/** What is no address is the beginning. */
export function partsOf(hash: string): readonly string[] {
  try {
    return hash
      .replace(/^#\/?/, '')
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent)
  } catch {
    return []
  }
}
