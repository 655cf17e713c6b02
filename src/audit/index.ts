/** The door of the `audit` room: the trail that control writes, and the means to check one offline. */

export { type AccessLog, createAccessLog } from './access-log.ts'
export { readAccessLines, readAccessPage } from './access-reading.ts'
export { type AccessEvent, type AccessFlaw, readAccess, verifyAccess } from './access-record.ts'
export type { Claim } from './claims.ts'
export { type AuditFacts, EARLIER_MAX, VAULT_STATES_MAX } from './contract.ts'
export { PUBLIC_FILE } from './keys.ts'
export { type ReplayedFacts, type ReplayedRecord, type ReplayedSession, replayedRecords } from './replayed.ts'
export { type VerifyingKey, verifyingKey } from './signature.ts'
export { recordNames, splitLines } from './store.ts'
export { type AuditEvent, type AuditTrailOptions, createAuditTrail, type RunningTrail } from './trail.ts'
export { type Finding, type Report, type SessionReport, type VerifyOptions, verifyRecords } from './verify.ts'
