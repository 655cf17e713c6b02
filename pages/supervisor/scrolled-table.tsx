/** A table that is wider than a small screen: it scrolls by itself, by keyboard too, and the page does not. */

import type { ComponentChildren } from 'preact'

type ScrolledTableProps = {
  readonly caption: string
  readonly heads: readonly ComponentChildren[]
  readonly children: ComponentChildren
}

export function ScrolledTable({ caption, heads, children }: ScrolledTableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard (WCAG 2.1.1).
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields.
    <div class="scrolled" role="group" aria-label={caption} tabIndex={0}>
      <table>
        <caption class="hidden-text">{caption}</caption>
        <thead>
          <tr>
            {heads.map((head, at) => (
              <th key={at} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  )
}
