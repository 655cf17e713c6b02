/** What may be wider than the page: it is scrolled by itself, and reached by keyboard. */

import type { ComponentChildren } from 'preact'

export function Scrolled({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard (WCAG 2.1.1).
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields.
    <div class="scrolled" role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  )
}
