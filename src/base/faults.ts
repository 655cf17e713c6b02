/**
 * Every way Sotto can fail, in one table: the status it gets in SIP and HTTP, who is to blame, how loud it is logged, and
 * what a person can do about it. `docs/FAULTS.md` and the page `/problems` are rendered from it.
 */

export type Blame = 'none' | 'client' | 'server' | 'upstream' | 'unknown'

export type FaultRow = {
  /** Status of a SIP response that refuses because of it (RFC 3261 section 21). */
  readonly sip: number
  /** Status of an HTTP response, as problem+json (RFC 9457). */
  readonly http: number
  readonly blame: Blame
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly title: string
  /** One sentence: what to do next. */
  readonly advice: string
}

export const faults = {
  'base.internal': {
    sip: 500,
    http: 500,
    blame: 'server',
    level: 'error',
    title: 'Internal error',
    advice: 'This is a defect in Sotto: please report it with the log line.',
  },
  'base.bad-message': {
    sip: 500,
    http: 500,
    blame: 'server',
    level: 'error',
    title: 'A process sent a message outside its contract',
    advice: 'This is a defect in Sotto: please report it with the log line.',
  },
  'sip.bad-sdp': {
    sip: 400,
    http: 400,
    blame: 'client',
    level: 'info',
    title: 'The session description cannot be read',
    advice: 'Look at the far end: the body of its INVITE or answer is not a session description.',
  },
  'sip.no-audio': {
    sip: 488,
    http: 409,
    blame: 'client',
    level: 'info',
    title: 'No audio stream over plain RTP',
    advice: 'Offer one m=audio line with RTP/AVP and a port; SRTP and video alone are refused.',
  },
  'sip.no-common-codec': {
    sip: 488,
    http: 409,
    blame: 'client',
    level: 'info',
    title: 'No common codec',
    advice: 'Offer PCMA, PCMU or G722, or widen media.codecs.',
  },
  'sip.no-common-address-family': {
    sip: 488,
    http: 409,
    blame: 'client',
    level: 'info',
    title: 'Media addresses of different families',
    advice: 'Offer an address of the family of media.announcedAddress or media.address.',
  },
  'sip.unusable-media-address': {
    sip: 488,
    http: 409,
    blame: 'client',
    level: 'info',
    title: 'The media address cannot be sent to',
    advice: 'Offer a numeric unicast address in c=.',
  },
  'sip.unusable-ptime': {
    sip: 488,
    http: 409,
    blame: 'client',
    level: 'info',
    title: 'The packet time is out of range',
    advice: 'Set the far end to packets of 10 to 60 ms.',
  },
  'sip.not-found': {
    sip: 404,
    http: 404,
    blame: 'client',
    level: 'info',
    title: 'Nobody has this number',
    advice: 'Add a route for the number, or dial another one.',
  },
  'sip.forbidden': {
    sip: 403,
    http: 403,
    blame: 'client',
    level: 'info',
    title: 'The sender may not call this',
    advice: 'Allow the destination in trunks[].allowDestinations, or add the sender to trunks or phones.',
  },
  'sip.not-registered': {
    sip: 480,
    http: 409,
    blame: 'client',
    level: 'info',
    title: 'The phone is not registered',
    advice: 'Switch the phone on and check that it registers.',
  },
  'sip.busy': {
    sip: 486,
    http: 409,
    blame: 'none',
    level: 'info',
    title: 'The callee is busy',
    advice: 'Try again later.',
  },
  'sip.declined': {
    sip: 603,
    http: 409,
    blame: 'none',
    level: 'info',
    title: 'The callee declined',
    advice: 'Nothing to do.',
  },
  'sip.no-answer': {
    sip: 480,
    http: 504,
    blame: 'none',
    level: 'info',
    title: 'Nobody answered',
    advice: 'Try again later, or raise ringSeconds of the workgroup.',
  },
  'sip.timed-out': {
    sip: 408,
    http: 504,
    blame: 'upstream',
    level: 'warn',
    title: 'The far end did not answer the request',
    advice: 'Check the network and the address of the far end.',
  },
  'sip.draining': {
    sip: 503,
    http: 503,
    blame: 'server',
    level: 'info',
    title: 'The server is shutting down',
    advice: 'Send new calls elsewhere; calls that stand are finished.',
  },
  'sip.overloaded': {
    sip: 503,
    http: 503,
    blame: 'server',
    level: 'warn',
    title: 'Too many requests',
    advice: 'Send less, or add a node.',
  },
  'sip.too-many-hops': {
    sip: 483,
    http: 409,
    blame: 'client',
    level: 'info',
    title: 'The call went in circles',
    advice: 'Check the routes here and at the PBX for a loop.',
  },
  'sip.unsupported-extension': {
    sip: 420,
    http: 409,
    blame: 'client',
    level: 'info',
    title: 'A required extension is not supported',
    advice: 'Switch the extension named in Unsupported off at the far end.',
  },
  'sip.bad-request': {
    sip: 400,
    http: 400,
    blame: 'client',
    level: 'info',
    title: 'The SIP message is malformed',
    advice: 'Look at the far end: its message breaks RFC 3261.',
  },
  'sip.wrong-credentials': {
    sip: 403,
    http: 403,
    blame: 'client',
    level: 'warn',
    title: 'Wrong account or password',
    advice: 'Check account and password at the phone.',
  },
  'sip.too-many-contacts': {
    sip: 403,
    http: 409,
    blame: 'client',
    level: 'warn',
    title: 'Too many contacts for one account',
    advice: 'Sign out a phone that is no longer used.',
  },
  'sip.interval-too-brief': {
    sip: 423,
    http: 409,
    blame: 'client',
    level: 'info',
    title: 'The registration interval is too short',
    advice: 'Set the phone to the interval in Min-Expires or longer.',
  },
  'sip.cannot-listen': {
    sip: 500,
    http: 500,
    blame: 'server',
    level: 'error',
    title: 'A SIP listener cannot be opened',
    advice: 'Check that the address is one of this machine and that the port is free.',
  },
  'sip.media-lost': {
    sip: 500,
    http: 502,
    blame: 'server',
    level: 'error',
    title: 'No media process for the call',
    advice: 'Check that the media process runs; it is restarted by itself.',
  },
  'config.not-readable': {
    sip: 500,
    http: 500,
    blame: 'server',
    level: 'error',
    title: 'The configuration file cannot be read',
    advice: 'Check the path and its permissions.',
  },
  'config.not-valid': {
    sip: 500,
    http: 500,
    blame: 'server',
    level: 'error',
    title: 'The configuration has mistakes',
    advice: 'Run "sotto config check" and correct each line it names.',
  },
  'config.sample-exposed': {
    sip: 500,
    http: 500,
    blame: 'server',
    level: 'error',
    title: 'Sample accounts on a public address',
    advice: 'Set phones[] of your own before listening on an address that others reach.',
  },
} as const satisfies Record<string, FaultRow>

export type FaultCode = keyof typeof faults
