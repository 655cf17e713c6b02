/** The door of the `call` room: calls and their secure sessions, for the API and the entry file of control. */

export type { AgentField } from './agent-fields.ts'
export type { CallView, LegView } from './call-view.ts'
export type { CallConfig } from './call-world.ts'
export { type Calls, type CallsOptions, createCalls, type SessionAudit } from './calls.ts'
export { isEmergency } from './emergency.ts'
export type { CallEvent, CallListener } from './events.ts'
export type { GateFault, Starter } from './gates.ts'
export type { CallQuality, LegQuality } from './leg-quality.ts'
export type { SecureOrder } from './secure-orders.ts'
export type { SecureRecord, SecureStage } from './secure-record.ts'
export type { SecureRequest } from './session-starter.ts'
export type { TrunkLoad } from './trunk-lines.ts'
