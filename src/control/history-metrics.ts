/** Whether the call history is written, as metrics. */

import type { HistoryStats } from '../history/index.ts'
import type { Family } from './exposition.ts'

export function historyFamilies({ available, waiting, written, dropped }: HistoryStats): readonly Family[] {
  return [
    {
      name: 'sotto_history_available',
      type: 'gauge',
      help: 'Whether the call history is kept and its disk takes it.',
      samples: [[{}, Number(available)]],
    },
    {
      name: 'sotto_history_waiting',
      type: 'gauge',
      help: 'Rows of the call history that wait to be written.',
      samples: [[{}, waiting]],
    },
    {
      name: 'sotto_history_written_total',
      type: 'counter',
      help: 'Rows written to the call history; a call has several in its time.',
      samples: [[{}, written]],
    },
    {
      name: 'sotto_history_dropped_total',
      type: 'counter',
      help: 'Rows lost because too many waited for the disk.',
      samples: [[{}, dropped]],
    },
  ]
}
