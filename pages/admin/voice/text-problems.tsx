/** What is wrong with something that was written, each at its place, with what to do. */

import type { ProblemBody } from '../../shared/api.ts'

export type TextProblem = {
  readonly key: string
  readonly says: string
  readonly advice: string
  readonly line?: number
}

/** @returns those of an answer; none when it is about something else. */
export function textProblemsOf(body: ProblemBody | undefined): readonly TextProblem[] {
  const problems = (body?.problems ?? []) as readonly Partial<TextProblem>[]
  return problems.flatMap(({ key = '', says, advice = '', line }) =>
    says === undefined ? [] : [{ key, says, advice, ...(line === undefined ? {} : { line }) }],
  )
}

/** @param onLine goes to a line of the text. */
export function TextProblems({
  problems,
  onLine,
}: {
  readonly problems: readonly TextProblem[]
  readonly onLine?: (line: number) => void
}) {
  return (
    <ul class="text-problems">
      {problems.map(({ key, says, advice, line }) => (
        <li key={`${key} ${says}`}>
          {line !== undefined && onLine !== undefined ? (
            <button type="button" onClick={() => onLine(line)}>
              Line {line}
            </button>
          ) : (
            line !== undefined && <strong>Line {line}</strong>
          )}{' '}
          {key !== '' && <code>{key}</code>} <span>{says}</span> <span class="quiet">{advice}</span>
        </li>
      ))}
    </ul>
  )
}
