/**
 * Where one is within a page: what stands behind the `#` of the address, such as `#/forms/order`. It can be kept, sent on and gone back from; a place with something unsaved is held until
 * somebody says that he leaves it.
 */

import { signal } from '@preact/signals'

/** Its parts, decoded; empty at the beginning. */
export const place = signal<readonly string[]>(partsOf(location.hash))

/** The address that somebody wants to go to while the place is held: he is to be asked. */
export const wanted = signal<string | undefined>(undefined)

let held: readonly string[] | undefined

addEventListener('hashchange', () => {
  const next = partsOf(location.hash)
  if (held === undefined || isWithin(next, held)) {
    place.value = next
    return
  }
  wanted.value = location.hash
  // Whoever goes by the history of the browser is there already: back, without an event.
  history.pushState(null, '', addressOf(...place.value))
})

addEventListener('beforeunload', (event) => {
  if (held !== undefined) event.preventDefault()
})

/** Holds a place and all that is within it. */
export function holdPlace(parts: readonly string[]): void {
  held = parts
}

/** There is nothing to lose any more. */
export function freePlace(): void {
  held = undefined
  wanted.value = undefined
}

/** Goes where somebody wanted to. */
export function leavePlace(): void {
  const to = wanted.value
  freePlace()
  if (to !== undefined) location.hash = to
}

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

function isWithin(parts: readonly string[], around: readonly string[]): boolean {
  return around.every((part, at) => parts[at] === part)
}
