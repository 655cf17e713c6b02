/** Somebody was faster: what he changed, what one wanted oneself, and how both come together. */

import { bringTogether, rowsBetween } from './difference.ts'
import type { Body } from './entries.ts'
import { Rows } from './history.tsx'

type MeanwhileProps<B extends Body> = {
  readonly before: B
  readonly mine: B
  readonly theirs: B
  readonly labels: Readonly<Record<string, string>>
  readonly onSettle: (wins: 'mine' | 'theirs') => void
}

export function Meanwhile<B extends Body>({ before, mine, theirs, labels, onSettle }: MeanwhileProps<B>) {
  const { both } = bringTogether(before, mine, theirs, 'theirs')
  return (
    <div role="alert">
      <div class="notice warn stack meanwhile">
        <h2>Somebody has changed it meanwhile</h2>
        <p>Nothing of yours is saved yet, and nothing of yours is lost.</p>
        <h3>What changed</h3>
        <Rows rows={rowsBetween(before, theirs)} labels={labels} />
        {both.length > 0 && (
          <p>
            You changed this too: <strong>{both.map((member) => labels[member] ?? member).join(', ')}</strong>.
          </p>
        )}
        <div class="row">
          <button type="button" class="main" onClick={() => onSettle('theirs')}>
            {both.length > 0 ? 'Take theirs over, keep mine elsewhere' : 'Take it over, keep mine'}
          </button>
          {both.length > 0 && (
            <button type="button" onClick={() => onSettle('mine')}>
              Keep mine, take theirs elsewhere
            </button>
          )}
        </div>
      </div>
    </div>
  )
}
