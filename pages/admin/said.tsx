/** What has been done, said where it was done, until one goes elsewhere or begins anew. */

import { signal } from '@preact/signals'
import { place } from '../shared/place.ts'

const said = signal<{ readonly text: string; readonly at: string } | undefined>(undefined)

/** @param at the place that it is said at; where one is, when absent. */
export function say(text: string, at: readonly string[] = place.value): void {
  said.value = { text, at: at.join('/') }
}

export function sayNothing(): void {
  said.value = undefined
}

/** Stands once around all sections, so that screen readers know it before something is said. */
export function Said() {
  const isHere = said.value?.at === place.value.join('/')
  return <div role="status">{isHere && <p class="notice good">{said.value?.text}</p>}</div>
}
