/** A chain of audit records in memory, as a node with one good session would write it, for tests that then spoil it. */

import { generateKeyPairSync } from 'node:crypto'
import { type AuditBody, type AuditFacts, type Closing, type Opening, SINK_NAMES } from '../../src/audit/contract.ts'
import { emptyHead, type Head, seal } from '../../src/audit/seal.ts'
import { type SigningKey, signingKey, type VerifyingKey, verifyingKey } from '../../src/audit/signature.ts'

export const KEY: SigningKey = signingKey(generateKeyPairSync('ed25519').privateKey)
export const CHECKER = verifyingKey(KEY.publicPem) as VerifyingKey

export const STARTED: AuditBody = {
  kind: 'started',
  version: '0.1.0',
  node: 'v26.0.0',
  program: emptyHead('program').digest,
  tornOctets: 0,
}

const sinks: AuditFacts['sinks'] = SINK_NAMES.map((name) =>
  name === 'agent-leg'
    ? ({ name, state: 'off', by: 'media', ms: 4 } as const)
    : ({ name, state: 'absent', by: 'control', ms: 0 } as const),
)

/** A session that went well: every claim holds. */
export const FACTS: AuditFacts = {
  startedMs: 1000,
  durationMs: 30_000,
  states: [
    { at: 'parting', ms: 3 },
    { at: 'releasing', ms: 4 },
    { at: 'handing', ms: 6 },
    { at: 'capturing', ms: 20 },
    { at: 'returning', ms: 25_000 },
    { at: 'adopting', ms: 29_000 },
    { at: 'open', ms: 29_010 },
  ],
  sinks,
  firstPromptMs: 20,
  agentLeg: {
    fromMs: 4,
    toMs: 29_010,
    source: 'hold-music',
    sent: { port: 0, holdMusic: 1450, ringback: 0, silence: 0, chime: 0, left: 1450 },
    received: 1440,
  },
  callerLeg: {
    fromMs: 6,
    toMs: 29_000,
    mediaReceived: 0,
    mediaSent: 0,
    vaultReceived: 1400,
    vaultSent: 1449,
    presses: { event: 24, tone: 0, info: 0 },
  },
  mediaProcessId: 71,
  vaultProcessId: 72,
  wipe: { by: 'vault', processId: 72, ms: 25_000 },
  rejoin: { ms: 29_010, gapMs: 8, toCallerMs: 21, toAgentMs: 320, repairs: [] },
  outcome: { result: 'accepted' },
  verdict: { transactionId: 'secure-a', submissions: 1, detailsDigest: emptyHead('good').digest },
  fieldsTaken: 3,
  entriesRefused: 0,
  callEnded: false,
  mediaLost: false,
}

export function opening(sessionId = 'secure-a'): Opening {
  const others = sinks.filter(({ name }) => name !== 'agent-leg')
  return {
    kind: 'opened',
    sessionId,
    callId: 'call-a',
    startedBy: { by: 'token' },
    flow: { id: 'card' },
    sinks: others,
  }
}

export function closing(facts: Partial<AuditFacts> = {}, sessionId = 'secure-a'): Closing {
  return { kind: 'closed', sessionId, callId: 'call-a', ending: 'ended', facts: { ...FACTS, ...facts } }
}

/** @returns the lines of a chain of these bodies. @param boots in which run each was written; all in one when absent. */
export function chainOf(bodies: readonly AuditBody[], boots: readonly string[] = []): string[] {
  let head: Head = emptyHead(KEY.id)
  return bodies.map((body, at) => {
    const boot = boots[at] ?? 'boot-a'
    const sealed = seal(head, body, { boot, wallMs: 1_790_000_000_000 + at, monotonicMs: 1000 + at }, KEY)
    head = sealed.head
    return sealed.line
  })
}
