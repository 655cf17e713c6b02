/** What the sip room says for the log, in the words of the log. */

import type { Log } from '../base/log.ts'
import type { SipLogEntry } from '../sip/index.ts'

/** Writes an entry of the sip room. Registrations are told by their own event, with the account. */
export function logSipEntry(log: Log, entry: SipLogEntry): void {
  const fields = {
    ...(entry.session === undefined ? {} : { sessionId: entry.session }),
    ...(entry.trunk === undefined ? {} : { trunk: entry.trunk }),
    ...(entry.status === undefined ? {} : { status: entry.status }),
  }
  switch (entry.event) {
    case 'session-opened':
      log.debug('call.leg-started', fields)
      break
    case 'session-ended':
      log.debug('call.leg-ended', fields)
      break
    case 'refused':
      log.info('sip.request-refused', fields)
      break
    case 'wrong-credentials':
      log.warn('sip.credentials-refused', fields)
      break
    case 'registered':
    case 'unregistered':
    case 'defect':
      break
  }
}
