/** Light or dark: as the system has it, unless somebody chose. */

import { effect, signal } from '@preact/signals'

export const SCHEMES = ['system', 'light', 'dark'] as const
export type Scheme = (typeof SCHEMES)[number]
const KEPT_AS = 'sotto-scheme'

export const scheme = signal<Scheme>(SCHEMES.find((each) => each === localStorage.getItem(KEPT_AS)) ?? 'system')

effect(() => {
  document.documentElement.dataset['scheme'] = scheme.value
  localStorage.setItem(KEPT_AS, scheme.value)
})
