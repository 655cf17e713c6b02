/** What is wrong with the configuration, for the person at the terminal. */

import type { ConfigProblem } from '../base/config.ts'

/** @returns one line: where, what, and what to do. */
export function problemLine(problem: ConfigProblem, fileName: string | undefined): string {
  const line = 'line' in problem && typeof problem.line === 'number' ? `:${problem.line}` : ''
  return `${fileName ?? 'environment'}${line}: ${problem.key}: ${problem.says}. ${problem.advice}`
}
