/**
 * The vocabulary of the log: every event that can be logged and every field that may stand beside it, with what it may hold. There is no
 * place for an object, for text off the wire, or for anything a person typed. A new event or field is a line here, seen in review.
 */

/** What a field may hold; checked again when a line is written, since types end at the compiler. */
export type FieldKind =
  /** An id Sotto made, or a hash: letters, digits, dash, at most 64. */
  | 'id'
  /** A name from the configuration: word characters, dot, dash, at most 64. */
  | 'name'
  /** A fixed word of Sotto's own source: small letters, digits, dot, dash. */
  | 'word'
  /** A finite number below 10^12, so shorter than any card number. */
  | 'number'
  | 'flag'
  /** A numeric IP address. */
  | 'address'
  /** A phone number or user part; only its mask is written. */
  | 'phone'
  /** A SHA-256 in base64url. */
  | 'digest'
  /** A file and line of Sotto's own source. */
  | 'place'
  /** Of a far end, 32 hexadecimal digits (RFC 7989); what looks like a card number in it is masked. */
  | 'uuid'
  /** Text that Sotto composed of its own configuration, secrets masked. */
  | 'composed'

export const fieldKinds = {
  account: 'name',
  accounts: 'number',
  address: 'address',
  agentUuid: 'uuid',
  attempt: 'number',
  bytes: 'number',
  callId: 'id',
  callIdHash: 'id',
  callerUuid: 'uuid',
  calls: 'number',
  capturedFields: 'number',
  cause: 'number',
  clip: 'name',
  codec: 'name',
  configuration: 'composed',
  contacts: 'number',
  count: 'number',
  cseq: 'number',
  destination: 'phone',
  digest: 'digest',
  digits: 'number',
  direction: 'word',
  dropped: 'number',
  durationMs: 'number',
  exitCode: 'number',
  fault: 'word',
  field: 'word',
  flow: 'word',
  from: 'phone',
  gapMs: 'number',
  held: 'flag',
  implementation: 'word',
  jitterMs: 'number',
  language: 'name',
  legId: 'id',
  level: 'word',
  /** Of the configuration file. */
  line: 'number',
  lost: 'number',
  method: 'name',
  mos: 'number',
  outcome: 'word',
  /** Whose certificate: a listener or a trunk. */
  owner: 'name',
  packets: 'number',
  pid: 'number',
  port: 'number',
  process: 'word',
  processId: 'id',
  /** What is wrong with a setting, and what to do; never a value of it. */
  problem: 'composed',
  ptimeMs: 'number',
  reason: 'word',
  received: 'number',
  retransmissions: 'number',
  retryAfterSeconds: 'number',
  roundTripMs: 'number',
  route: 'name',
  secureId: 'id',
  seconds: 'number',
  sent: 'number',
  sessionId: 'id',
  sessionUuid: 'uuid',
  /** Name of a setting, such as `trunks[carrier].maxCalls`. */
  setting: 'composed',
  side: 'word',
  signal: 'name',
  state: 'word',
  status: 'number',
  strategy: 'word',
  /** A SIP URI of the configuration. */
  target: 'composed',
  to: 'phone',
  transport: 'word',
  trunk: 'name',
  /** Of the environment. */
  variable: 'name',
  verdict: 'word',
  version: 'name',
  where: 'place',
  workgroup: 'name',
} as const satisfies Record<string, FieldKind>

export type FieldName = keyof typeof fieldKinds

type ValueOf<K extends FieldKind> = K extends 'number' ? number : K extends 'flag' ? boolean : string
/** What may stand beside an event. */
export type LogFields = { readonly [N in FieldName]?: ValueOf<(typeof fieldKinds)[N]> | undefined }

/** `room.what-happened`, past tense. */
export const events = [
  'control.started',
  'control.configured',
  'control.sample-configuration-used',
  'control.reloaded',
  'control.reload-refused',
  'control.setting-applied',
  'control.setting-refused',
  'control.restart-needed',
  'control.drained',
  'control.draining-began',
  'control.stopped',
  'control.refusing-ended',
  'control.flow-published',
  'control.flow-retired',
  'control.failed',
  'process.started',
  'process.ready',
  'process.exited',
  'process.restarted',
  'process.fell-silent',
  'process.message-refused',
  'process.too-large',
  'process.replaced',
  'process.left',
  'sip.listening',
  'sip.stopped-listening',
  'sip.request-refused',
  'sip.message-received',
  'sip.message-sent',
  'sip.message-dropped',
  'sip.connection-opened',
  'sip.connection-closed',
  'sip.transport-failed',
  'sip.registered',
  'sip.unregistered',
  'sip.registration-lapsed',
  'sip.credentials-refused',
  'sip.source-locked-out',
  'sip.handshake-failed',
  'sip.certificates-loaded',
  'sip.certificates-refused',
  'sip.certificate-expired',
  'sip.keys-in-the-clear',
  'trunk.registered',
  'trunk.registration-failed',
  'trunk.registration-lost',
  'trunk.unregistered',
  'trunk.target-down',
  'trunk.target-up',
  'sip.counted',
  'call.arrived',
  'call.routed',
  'call.leg-started',
  'call.rang',
  'call.picked-up',
  'call.answered',
  'call.bridged',
  'call.refused',
  'call.held',
  'call.retrieved',
  'call.transferring',
  'call.transferred',
  'call.transfer-failed',
  'call.transfer-refused',
  'call.reoffered',
  'call.reoffer-refused',
  'call.failed',
  'call.leg-ended',
  'call.ended',
  'call.measured',
  'secure.requested',
  'secure.refused',
  'secure.agent-parted',
  'secure.handed-over',
  'secure.capture-began',
  'secure.field-asked',
  'secure.field-captured',
  'secure.field-refused',
  'secure.submitted',
  'secure.validated',
  'secure.agent-asked',
  'secure.ordered',
  'secure.wiped',
  'secure.handed-back',
  'secure.rejoined',
  'secure.one-way',
  'secure.failed',
  'secure.ended',
  'media.started',
  'media.port-opened',
  'media.port-closed',
  'media.latched',
  'media.fell-silent',
  'media.late',
  'media.counted',
  'media.packets-lost',
  'log.resumed',
  'audit.recorded',
  'audit.failed',
  'audit.resumed',
  'access.failed',
  'access.resumed',
  'directory.changed',
  'directory.failed',
  'directory.resumed',
  'directory.left-out',
  'history.failed',
  'history.resumed',
  'vault.started',
  'vault.attested',
  'vault.counted',
  'prompts.loaded',
  'prompts.reloaded',
  'prompts.refused',
  'hold-music.loaded',
  'http.listening',
  'http.request-answered',
  'http.request-refused',
  'http.failed',
  'fault.raised',
] as const

export type LogEvent = (typeof events)[number]
