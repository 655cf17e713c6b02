/** A table that may be wider than a small screen: it scrolls by itself, by keyboard too, and the page does not. */

import type { ComponentChildren } from 'preact'
import { Scrolled } from './scrolled.tsx'

type ScrolledTableProps = {
  readonly caption: string
  readonly heads: readonly ComponentChildren[]
  /** How its style sheet calls such tables. */
  readonly kind?: string
  /** Its rows. */
  readonly children: ComponentChildren
}

export function ScrolledTable({ caption, heads, kind, children }: ScrolledTableProps) {
  return (
    <Scrolled label={caption}>
      <table class={kind}>
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
    </Scrolled>
  )
}
