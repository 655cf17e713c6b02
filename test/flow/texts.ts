/** Flow files as an administrator writes them, for tests. */

import type { FlowDefaults } from '../../src/flow/compile.ts'

/** What a configuration says by default. */
export const defaults: FlowDefaults = {
  language: 'en',
  sessionSeconds: 300,
  attempts: 3,
  firstDigitSeconds: 15,
  interDigitSeconds: 5,
  allowedBrands: ['visa'],
}

/** A good flow with these lines after its head; the head has two lines. */
export function flowText(...lines: readonly string[]): string {
  return ['id: mine', 'title: Mine', ...lines, ''].join('\n')
}

export const PIN_FLOW = flowText('steps:', '  - collect: pin', '  - validate')
