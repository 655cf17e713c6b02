/** What may be wider than the page: it is scrolled by itself, and reached by keyboard. */

import type { ComponentChildren } from 'preact'

export function Scrolled({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what is scrolled must be reached by keyboard (WCAG 2.1.1).
    <section class="scrolled" tabIndex={0} aria-label={label}>
      {children}
    </section>
  )
}
