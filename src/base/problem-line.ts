/** What is wrong with a configuration, for the person at the terminal. */

import type { ConfigProblem } from './config.ts'

/** @returns a problem as one line: where, which key, what is wrong, what to do. */
export function problemLine(problem: ConfigProblem, file: string | undefined): string {
  const place = problem.variable ?? `${file ?? 'configuration'}${problem.line === undefined ? '' : `:${problem.line}`}`
  return `${place}: ${problem.key === '' ? '' : `${problem.key}: `}${problem.says} ${problem.advice}`
}
