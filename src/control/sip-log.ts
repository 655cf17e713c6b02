/** What the sip room and its certificates say for the log, in the words of the log. */

import type { Log } from '../base/log.ts'
import type { SipLogEntry } from '../sip/index.ts'
import type { CertificateEvent } from './sip-certificates.ts'

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
    case 'text-answered':
      log.info('sip.text-answered', { ...fields, method: 'MESSAGE', callIdHash: entry.callIdHash })
      break
    case 'wrong-credentials':
      log.warn('sip.credentials-refused', { ...fields, address: entry.address })
      break
    case 'locked-out':
      log.warn('sip.source-locked-out', { ...fields, address: entry.address, fault: 'sip.locked-out' })
      break
    case 'handshake-failed':
      log.warn('sip.handshake-failed', {
        transport: entry.transport,
        address: entry.address,
        direction: entry.direction,
        fault: entry.fault,
      })
      break
    case 'registered':
    case 'unregistered':
    case 'defect':
      break
  }
}

/** Writes what became of the files of certificates; `of` names a listener or a trunk. */
export function logCertificates(log: Log, event: CertificateEvent): void {
  switch (event.type) {
    case 'loaded':
      log.info('sip.certificates-loaded', { owner: event.of })
      break
    case 'refused':
      log.error('sip.certificates-refused', { owner: event.of, fault: event.fault.code })
      break
    case 'expired':
      log.error('sip.certificate-expired', { owner: event.of, fault: event.fault.code })
      break
  }
}
