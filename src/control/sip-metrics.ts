/** What signalling dropped, refused, repeated or could not do, as a metric. */

import type { Family } from './exposition.ts'
import { TEXT_COUNTERS } from './text-metrics.ts'

/** What the sip room has now, among what it counts. */
const GAUGES: readonly string[] = ['clientTransactions', 'serverTransactions', 'dialogs', 'sessions', 'setAside']

/** @param stats of the sip room, by name. */
export function sipFamilies(stats: Readonly<Record<string, number>>): readonly Family[] {
  const counted = Object.entries(stats).filter(([what]) => !GAUGES.includes(what) && !TEXT_COUNTERS.includes(what))
  return [
    {
      name: 'sotto_sip_total',
      type: 'counter',
      help: 'What signalling dropped, refused, repeated, or could not do, by what.',
      samples: counted.map(([what, count]) => [{ what }, count] as const),
    },
    {
      name: 'sotto_sip_open',
      type: 'gauge',
      help: 'What signalling has just now, by what: transactions, dialogs, sessions, targets that are set aside.',
      samples: GAUGES.map((what) => [{ what }, stats[what] ?? 0] as const),
    },
  ]
}
