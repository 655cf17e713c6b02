/** Calls and secure sessions as the room of calls shows them, for fakes of it. */

import type { CallView, SecureRecord } from '../../src/call/index.ts'
import { newSecureRecord } from '../../src/call/secure-record.ts'

export function callView(callId: string, account: string, more: Partial<CallView> = {}): CallView {
  const leg = { held: false, codec: 'PCMA', quality: undefined, srtp: undefined, sessionUuid: undefined } as const
  return {
    ...{ callId, state: 'bridged', origin: 'trunk', from: '+493012345678', to: '100', isEmergency: false },
    callerLeg: { ...leg, legId: `${callId}-caller`, account: undefined, trunk: 'carrier' },
    agentLeg: { ...leg, legId: `${callId}-agent`, account, trunk: undefined },
    ...{ startedAtMs: 1234.123456789, bridgedAtMs: 2345.1, endedAtMs: undefined, ending: undefined, status: undefined },
    ...{ transfers: [], secureSessions: [secureRecord(callId, 'secure-1')] },
    ...more,
  }
}

export function secureRecord(callId: string, sessionId: string): SecureRecord {
  return newSecureRecord(
    {
      ...{
        sessionId,
        callId,
        startedBy: 'token',
        retryOf: undefined,
        form: undefined,
        startedAtMs: 3456.1,
        limitMs: 300_000,
        auditRecord: 7,
      },
      flow: { id: 'card-payment', version: 1, title: 'Card payment' },
    },
    [{ name: 'credit card', kind: 'card-number', attempts: 3 }],
  )
}
