/** The door of the `sip` room. Everything else in this folder is its own business. */

export { createSip } from './agent.ts'
export type { FailOver, Phones, SipEndpoint, SipLogEntry, SipLogEvent, SipOptions, Trunk } from './options.ts'
export type * from './session.ts'
export type { TargetTerms } from './target-health.ts'
export { checkIdentity, isOutdated } from './tls-contexts.ts'
export type { TlsIdentity, TlsServerTerms, TlsTerms, TlsTrust } from './tls-terms.ts'
export type { Listener } from './transport.ts'
export type { TargetView, TrunkEvent, TrunkView } from './trunk-view.ts'
