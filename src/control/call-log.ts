/** Call events as log lines: the same words, and only ids, counts and enumerated reasons of them. Pure but for the log it is given. */

import type { Log } from '../base/log.ts'
import type { CallEvent } from '../call/index.ts'

/** Writes an event of the call room to the log. */
export function logCallEvent(log: Log, event: CallEvent): void {
  const { callId } = event
  switch (event.type) {
    case 'call.arrived':
      log.info('call.arrived', {
        callId,
        from: event.from,
        to: event.to,
        direction: event.origin,
        sessionUuid: event.sessionUuid,
      })
      break
    case 'call.ringing':
      log.info('call.rang', { callId })
      break
    case 'call.picked-up':
      log.info('call.picked-up', { callId, ...accountOf(event.by) })
      break
    case 'call.bridged':
      log.info('call.bridged', {
        callId,
        ...accountOf(event.agent),
        durationMs: event.ringMs,
        callerUuid: event.callerUuid,
        agentUuid: event.agentUuid,
      })
      break
    case 'call.held':
      log.info('call.held', { callId, side: event.side })
      break
    case 'call.retrieved':
      log.info('call.retrieved', { callId, side: event.side })
      break
    case 'call.ended':
      log.info('call.ended', {
        callId,
        reason: event.ending,
        durationMs: event.durationMs,
        count: event.secureSessions,
        ...(event.status === undefined ? {} : { status: event.status }),
      })
      break
    case 'call.transferring':
      log.info('call.transferring', { callId, ...accountOf(event.by), reason: event.kind })
      break
    case 'call.transferred':
      log.info('call.transferred', { callId, ...accountOf(event.agent), agentUuid: event.agentUuid })
      break
    case 'call.transfer-failed':
      log.info('call.transfer-failed', { callId, ...accountOf(event.by), status: event.status })
      break
    case 'call.transfer-refused':
      log.warn('call.transfer-refused', { callId, ...accountOf(event.by), fault: event.fault })
      break
    case 'call.measured':
      logQuality(log, event)
      break
    case 'recording.began':
      log.info('recording.began', { callId })
      break
    case 'recording.failed':
      log.error('recording.failed', { callId, fault: event.fault })
      break
    case 'recording.resumed':
      log.warn('recording.resumed', { callId, gapMs: event.lostMs })
      break
    case 'recording.ended':
      log.info('recording.ended', { callId, octets: event.octets, count: event.segments, gapMs: event.lostMs })
      break
    case 'secure.not-started':
      log.warn('secure.refused', { callId, fault: event.fault })
      break
    default:
      logSecureEvent(log, event)
  }
}

/** A PBX and a number outside have none. */
function accountOf(account: string): { readonly account?: string } {
  return account === '' ? {} : { account }
}

function logQuality(log: Log, { callId, side, quality }: Extract<CallEvent, { readonly type: 'call.measured' }>): void {
  const { packetsReceived, packetsSent, packetsLost, jitterMs, roundTripMs, mosReceived } = quality
  log.info('call.measured', {
    callId,
    side,
    received: packetsReceived,
    sent: packetsSent,
    lost: packetsLost,
    dropped: quality.strangers + quality.unusable + quality.implausible + quality.forged + quality.replayed,
    jitterMs,
    ...(roundTripMs === undefined ? {} : { roundTripMs }),
    ...(mosReceived === undefined ? {} : { mos: mosReceived }),
  })
}

type SecureEvent = Extract<CallEvent, { readonly sessionId: string }>

function logSecureEvent(log: Log, event: SecureEvent): void {
  const ids = { callId: event.callId, secureId: event.sessionId }
  switch (event.type) {
    case 'secure.requested':
      log.info('secure.requested', { ...ids, reason: event.startedBy, flow: event.flow, count: event.version })
      break
    case 'secure.parted':
      log.info('secure.agent-parted', { ...ids, durationMs: event.tookMs })
      break
    case 'secure.began':
      log.info('secure.handed-over', { ...ids, gapMs: event.gapMs })
      break
    case 'secure.asking':
      log.info('secure.field-asked', { ...ids, count: event.field, attempt: event.attempt })
      break
    case 'secure.progress':
      // How fast somebody keys is nobody's business later on: progress is for the agent's eyes alone.
      break
    case 'secure.taken':
      log.info('secure.field-captured', { ...ids, count: event.field })
      break
    case 'secure.refused':
      log.info('secure.field-refused', { ...ids, count: event.field, reason: event.why })
      break
    case 'secure.submitting':
      log.info('secure.submitted', { ...ids, count: event.submission })
      break
    case 'secure.confirming':
    case 'secure.more-time':
      // As with progress: how a caller gets on is for the agent's eyes alone.
      break
    case 'secure.answered':
      log.info('secure.validated', { ...ids, outcome: event.outcome.result })
      break
    case 'secure.waiting-for-agent':
      log.info('secure.agent-asked', { ...ids, durationMs: event.waitMs })
      break
    case 'secure.ordered':
      log.info('secure.ordered', { ...ids, reason: event.order, count: event.fields.length })
      break
    case 'secure.wiped':
      log.info('secure.wiped', ids)
      break
    case 'secure.vault-lost':
      log.error('secure.failed', { ...ids, reason: 'vault-lost' })
      break
    case 'secure.rejoined':
      log.info('secure.rejoined', { ...ids, gapMs: event.gapMs })
      break
    case 'secure.one-way':
      log.warn('secure.one-way', { ...ids, side: event.side, reason: event.repair })
      break
    case 'secure.ended':
      log.info('secure.ended', { ...ids, outcome: event.outcome.result, durationMs: event.durationMs })
      break
  }
}
