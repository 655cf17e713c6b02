/** From one page of rows to the next. */

import type { Page } from './choosing.ts'
import { supervisor } from './supervisor-words.ts'

type PagerProps = {
  readonly page: Page<unknown>
  /** What the rows are. */
  readonly of: string
  readonly onPage: (at: number) => void
}

export function Pager({ page: { at, pages, first, rows, all }, of, onPage }: PagerProps) {
  const words = supervisor.value
  if (pages === 1) return null
  return (
    <nav class="row" aria-label={words.pagesOf(of)}>
      <button type="button" disabled={at === 0} onClick={() => onPage(at - 1)}>
        {words.before}
      </button>
      <span>{words.rows(first, first + rows.length - 1, all)}</span>
      <button type="button" disabled={at === pages - 1} onClick={() => onPage(at + 1)}>
        {words.next}
      </button>
    </nav>
  )
}
