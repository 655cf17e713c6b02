/** The call history of this server by its configuration, its alarms in the words of the log. */

import type { Clock } from '../base/clock.ts'
import type { Config } from '../base/config.ts'
import type { RandomBytes } from '../base/ids.ts'
import type { Log } from '../base/log.ts'
import type { Calls } from '../call/index.ts'
import { type CallHistory, createCallHistory } from '../history/index.ts'

type Parts = {
  readonly clock: Clock
  readonly wallMs: () => number
  readonly random: RandomBytes
  readonly log: Pick<Log, 'warn' | 'error'>
}

/** @returns how much is kept, and for how long. */
export function keepingOf({ keepDays, hideDigits }: Config['history']) {
  return { keepDays, hiddenDigits: hideDigits }
}

/** @returns the history of these calls, not yet opened. */
export function historyOf({ history }: Config, calls: Calls, { log, ...parts }: Parts): CallHistory {
  const { enabled, file } = history
  const kept = createCallHistory({ enabled, file, ...keepingOf(history), ...parts, viewOf: calls.get })
  kept.subscribe((event) => {
    if (event.type === 'history.failed') log.error('history.failed', { fault: event.fault })
    else log.warn('history.resumed', { durationMs: event.missedMs, dropped: event.dropped })
  })
  calls.subscribe(kept.take)
  return kept
}
