/** What became of texts that people wrote to each other (MESSAGE), as metrics: how many, and never what stood in one. */

import type { Family } from './exposition.ts'

/** What the sip room counts of them, by outcome. */
const OUTCOMES = {
  'message-passed': 'passed',
  'message-refused': 'refused',
  'message-blanked': 'unreadable',
} as const
const MASKED = 'message-numbers-masked'

/** Names of the counters that are told here. */
export const TEXT_COUNTERS: readonly string[] = [...Object.keys(OUTCOMES), MASKED]

/** @param stats of the sip room, by name. */
export function textFamilies(stats: Readonly<Record<string, number>>): readonly Family[] {
  return [
    {
      name: 'sotto_messages_total',
      type: 'counter',
      help: 'Texts (SIP MESSAGE), by outcome: passed on and taken, refused on their way, or blanked because they could not be read, were too long, or are not wanted.',
      samples: Object.entries(OUTCOMES).map(([what, outcome]) => [{ outcome }, stats[what] ?? 0] as const),
    },
    {
      name: 'sotto_message_numbers_masked_total',
      type: 'counter',
      help: 'Card numbers masked in texts of those who may write.',
      samples: [[{}, stats[MASKED] ?? 0]],
    },
  ]
}
