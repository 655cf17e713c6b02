/** How the server stands. */

import { useEffect, useState } from 'preact/hooks'
import type { Health } from '../../../src/web/state-routes.ts'
import { type ProblemBody, problemOf } from '../../shared/api.ts'
import { ProblemNotice } from '../../shared/pieces.tsx'
import type { SectionProps } from '../section.ts'

export function Status({ api }: SectionProps) {
  const [health, setHealth] = useState<Health>()
  const [problem, setProblem] = useState<ProblemBody>()
  useEffect(() => {
    api.get<Health>('/api/v1/status').then(setHealth, (error: unknown) => setProblem(problemOf(error)))
  }, [api])
  return (
    <section class="stack" aria-label="Status">
      <h1>Status</h1>
      <ProblemNotice problem={problem} />
      {health && (
        <p>
          <span class={`badge ${health.ready ? 'good' : 'bad'}`}>{health.ready ? 'Ready' : 'Not ready'}</span>{' '}
          {health.calls} calls
        </p>
      )}
    </section>
  )
}
