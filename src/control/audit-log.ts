/** What becomes of the audit trail, in the words of the log. */

import type { AuditEvent } from '../audit/index.ts'
import type { Log } from '../base/log.ts'

export function logAuditEvent(log: Log, event: AuditEvent): void {
  switch (event.type) {
    case 'recorded': {
      const { kind: reason, number: count, digest, sessionId: secureId } = event
      log.info('audit.recorded', { secureId, count, reason, digest })
      break
    }
    case 'failed':
      log.error('audit.failed', { fault: event.fault.code })
      break
    case 'resumed':
      log.warn('audit.resumed', { durationMs: event.missedMs })
      break
  }
}
