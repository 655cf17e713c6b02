/** What signals do to a running server. */

import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Milliseconds } from '../base/units.ts'
import type { Calls } from '../call/index.ts'
import type { HeldSignals } from './held-signals.ts'

/** Time for BYEs and CANCELs to be answered after the last call was ended. */
const FAREWELL_MS: Milliseconds = 500

export type Signalled = {
  readonly calls: Pick<Calls, 'endAll' | 'list' | 'drain'>
  /** No new calls from now on. */
  drain(): void
}

/** First TERM drains, a second one or INT ends, during the start too. @param drainLimitMs as it is set just now. @returns when everything is to be closed. */
export function untilSignalled(
  signals: HeldSignals,
  running: Signalled,
  log: Log,
  clock: Clock,
  drainLimitMs: () => Milliseconds,
): Promise<void> {
  return new Promise((resolve) => {
    let draining = false
    const end = (): void => {
      running.calls.endAll().then(() => clock.after(FAREWELL_MS, resolve), resolve)
    }
    signals.on('SIGINT', end)
    signals.on('SIGTERM', () => {
      if (draining) return end()
      draining = true
      const drainMs = drainLimitMs()
      log.info('control.draining-began', { calls: running.calls.list().length, seconds: drainMs / 1000 })
      running.drain()
      const limit = clock.after(drainMs, end)
      running.calls.drain().then(() => {
        limit.cancel()
        clock.after(FAREWELL_MS, resolve)
      }, resolve)
    })
  })
}
