/** What becomes of trunks, in the words of the log. */

import type { Log } from '../base/log.ts'
import type { TrunkEvent } from '../sip/index.ts'

/** Writes an event of a trunk. */
export function logTrunkEvent(log: Log, event: TrunkEvent): void {
  const { trunk } = event
  switch (event.type) {
    case 'trunk.registered':
      log.info('trunk.registered', { trunk, seconds: event.seconds })
      break
    case 'trunk.registration-failed':
      log.warn('trunk.registration-failed', {
        trunk,
        fault: event.fault,
        ...(event.status === undefined ? {} : { status: event.status }),
        retryAfterSeconds: event.retrySeconds,
      })
      break
    case 'trunk.registration-lost':
      log.error('trunk.registration-lost', { trunk })
      break
    case 'trunk.target-down':
      log.warn('trunk.target-down', { trunk, target: event.target, fault: 'sip.target-down' })
      break
    case 'trunk.target-up':
      log.info('trunk.target-up', { trunk, target: event.target })
      break
    case 'trunk.unregistered':
      log.info('trunk.unregistered', { trunk })
      break
  }
}
