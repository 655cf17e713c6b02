/** Whether what has to be recorded can be, as metrics: for an alarm that does not depend on the disk it is about. */

import type { Family } from './exposition.ts'

export type Records = {
  readonly audit: boolean
  readonly accessLog: boolean
  readonly log: { readonly available: boolean; readonly dropped: number }
}

export function recordFamilies({ audit, accessLog, log }: Records): readonly Family[] {
  const gauge = (name: string, help: string, value: boolean): Family => ({
    name: `sotto_${name}_available`,
    type: 'gauge',
    help,
    samples: [[{}, Number(value)]],
  })
  return [
    gauge('audit', 'Whether secure sessions can be recorded; none starts otherwise.', audit),
    gauge('access_log', 'Whether the access log is written; nobody logs in otherwise.', accessLog),
    gauge('log', 'Whether the log is written.', log.available),
    {
      name: 'sotto_log_dropped_lines_total',
      type: 'counter',
      help: 'Lines of the log lost because too many waited for the disk.',
      samples: [[{}, log.dropped]],
    },
  ]
}
